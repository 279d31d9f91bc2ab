BEGIN
{
	printf("%d %d", pid);
}
