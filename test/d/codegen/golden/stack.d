syscall::read:entry
{
	stack(3);
	@[stack(2)] = count();
}

profile:::tick-1s
{
	printf("%a %d", caller, stackdepth);
}
