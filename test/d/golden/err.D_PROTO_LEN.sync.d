BEGIN
{
	n = sync(1);
}
