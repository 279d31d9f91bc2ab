int opened[string, int];

syscall::openat:return
/arg1 >= 0/
{
	opened[execname, (int)arg1] = pid;
}

syscall::close:entry
/opened[execname, (int)arg0] == pid/
{
	opened[execname, (int)arg0] = 0;
}
