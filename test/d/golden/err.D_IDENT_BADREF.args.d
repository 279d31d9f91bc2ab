irq:::handler-entry
{
	trace(args);
}
