BEGIN
{
	@calls[1][2] = count();
}
