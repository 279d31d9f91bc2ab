#pragma D option quiet

/* The predicate may define what the statements use, and the other way round. */
BEGIN
/first++ == 0/
{
	printf("%d\n", first);
}

BEGIN
/second == 0/
{
	printf("%d\n", ++second);
	exit(0);
}
