syscall::write:entry
{
	@low = min(arg2);
	@high = max(arg2);
	@mean[execname, pid] = avg(arg2);
	@total[execname] = sum(arg2);
}
