/* @status 0 */
#pragma D option quiet

BEGIN
{
	@a["x", 1] = count(); @a["x", 1] = count(); @a["y", 2] = count();
	@b["x", 1] = sum(10);
	printa(@a);
	printa("%-5s %d %@d\n", @a);
	printa("%s %d %@8d %@d\n", @a, @b);
	clear(@a);
	printa("%s %d %@d\n", @a);
	exit(0);
}
