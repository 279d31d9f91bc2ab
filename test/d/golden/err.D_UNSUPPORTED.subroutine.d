BEGIN
{
	trace(strlen(execname));
}
