BEGIN
{
	trace("hello);
}
