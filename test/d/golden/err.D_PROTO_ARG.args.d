irq:::handler-entry
{
	i = 0;
	trace(args[i]);
}
