irq:::handler-return
{
	trace(*args[4]);
}
