irq:::handler-entry
{
	trace(args["name"]);
}
