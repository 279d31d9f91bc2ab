syscall::write:entry
{
	@ = count();
}
