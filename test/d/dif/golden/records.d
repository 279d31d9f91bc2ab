/* Layout of records: header, aligned fields, length a multiple of 8; what the consumer must see leaves a record. */
BEGIN
{
	printf("%d %s %d", (char)1, "abc", pid);
	trace(timestamp);
	trace((short)2);
	exit(0);
}

BEGIN
{
	@calls = count();
	@least[pid] = min(arg0);
}

END
{
	printf("done\n");
	printa("%@d\n", @calls);
	clear(@calls);
}

ERROR
{
	trace(arg4);
}

BEGIN
{
}
