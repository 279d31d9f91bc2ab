#pragma D option quiet

BEGIN
{
	printf("before\n");
	exit(3 - 3);
	printf("after\n");
}
