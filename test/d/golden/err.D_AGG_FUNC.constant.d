BEGIN
{
	@sizes = 1;
}
