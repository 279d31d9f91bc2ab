irq:::
/args[2] != 0/
{
	exit(0);
}
