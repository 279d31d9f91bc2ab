irq:::handler-entry
{
	trace(args[3]);
}
