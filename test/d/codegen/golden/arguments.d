irq:::handler-entry
/args[0] < 0 || args[3] == -1/
{
	trace(args[4]);
	@[args[1], stringof(args[2])] = sum(args[5]);
}
