irq:::handler-entry,
irq:::softirq-raise
{
	trace(args[1]);
}
