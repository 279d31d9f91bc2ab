BEGIN
{
	ustack();
}
