syscall::read:entry
/stackdepth > 3/
{
	stack(2);
	printf("%s %k", probename, stack(3));
	@[stack(2), caller] = count();
}

syscall::write:entry
{
	@[stack(4), 0] = count();
}
