BEGIN
{
	@sizes += 1;
}
