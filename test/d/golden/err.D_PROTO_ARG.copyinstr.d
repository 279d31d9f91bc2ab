BEGIN
{
	trace(copyinstr(execname));
}
