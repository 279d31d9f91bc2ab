irq:::handler-entry
{
	trace(&args[0]);
}
