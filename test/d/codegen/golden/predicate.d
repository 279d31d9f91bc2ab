syscall::read:entry
/pid == $target && arg2 > 1024/
{
	@[probefunc] = count();
}
