BEGIN
{
	trace(synced());
}
