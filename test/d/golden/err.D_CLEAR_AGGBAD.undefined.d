BEGIN
{
	@calls = count();
	clear(@cals);
}
