syscall::raed:entry
{
	trace(nonsense);
}
