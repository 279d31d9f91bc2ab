BEGIN
{
	@calls;
}
