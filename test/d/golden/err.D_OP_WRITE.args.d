irq:::handler-entry
{
	args[0] = 1;
}
