irq:::handler-entry
{
	trace(args[-1]);
}
