syscall::read:entry
/execnam == "sh"/
{
	trace(pid);
}
