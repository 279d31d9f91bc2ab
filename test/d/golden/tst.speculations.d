/* What is committed is published, in the order of the commits; what is discarded or refused is not. */
BEGIN
{
	one = speculation();
	none = 0;
	printf("%d %d\n", one, none);
}

BEGIN
{
	speculate(one);
	printf("first\n");
}

BEGIN
{
	speculate(none);
	printf("never: nothing is speculated with 0\n");
}

BEGIN
{
	this->before = 1;
	speculate(one);
	discard(0);
	commit(0);
}

BEGIN
{
	printf("before\n");
}

BEGIN
{
	speculate(one);
	printf("second, in the clause that commits\n");
	commit(one);
}

BEGIN
{
	speculate(one);
	printf("never: it has ended\n");
}

BEGIN
{
	two = speculation();
	printf("again %d\n", two);
}

BEGIN
{
	speculate(two);
	printf("never: it is discarded\n");
}

BEGIN
{
	discard(two);
}

BEGIN
{
	commit(two);
}

BEGIN
{
	three = speculation();
	printf("and again %d\n", three);
	exit(0);
}
