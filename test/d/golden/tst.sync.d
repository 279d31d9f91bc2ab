/* Whether or not there is anybody to take a request: none has the number 0, and 0 is never complete. */
BEGIN
{
	n = sync();
	sync();
	printf("%d %d %d", n >= 0, synced(0), synced(-1));
	exit(0);
}
