syscall::openat:entry
{
	printf("%s %d %s\n", execname, pid, copyinstr(arg1));
}
