int zero;

BEGIN
{
	trace(1 / zero);
}

ERROR
{
	printf("%d %d %d", arg1, arg2, arg4);
	exit(1);
}
