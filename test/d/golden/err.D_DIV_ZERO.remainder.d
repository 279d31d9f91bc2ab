BEGIN
{
	trace(pid % (2 - 2));
}
