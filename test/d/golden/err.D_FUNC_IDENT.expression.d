BEGIN
{
	(pid)(1);
}
