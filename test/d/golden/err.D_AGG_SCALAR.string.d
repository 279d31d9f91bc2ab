BEGIN
{
	@a = max(execname);
}
