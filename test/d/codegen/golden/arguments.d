irq:::handler-return
/args[0] < 0 || args[3] == -1/
{
	trace(args[3]);
	@[args[1], stringof(args[2])] = sum(args[0]);
}
