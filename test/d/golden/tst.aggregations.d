#pragma D option quiet

BEGIN
{
	@calls["one"] = count();
	@calls["two"] = count();
	@calls["two"] = count();
	@total = sum(40);
	@total = sum(2);
	exit(0);
}

END
{
	printa("%s %@d\n", @calls);
	printa("total %@d\n", @total);
}
