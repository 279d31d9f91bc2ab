irq:::handler-return
/args[0] == -1 && args[4] != NULL/
{
	trace(args[3]);
	trace(args[1]);
	printf("%s %c %d", stringof(args[2]), args[2][1], args[0] + args[3]);
}

irq:::softirq-raise
{
	self->last = args[1];
	@[args[0]] = max(args[1]);
}
