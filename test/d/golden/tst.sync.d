/* Where nobody takes requests, none has a number. */
BEGIN
{
	n = sync();
	sync();
	printf("%d %d %d", n, synced(n), synced(1 << 16));
}
