BEGIN
{
	trace(synced("1"));
}
