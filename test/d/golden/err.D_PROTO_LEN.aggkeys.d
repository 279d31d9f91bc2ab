BEGIN
{
	@a["x"] = count();
	@a = count();
}
