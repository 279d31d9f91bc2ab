#pragma D option quiet

int declared;
self string name;
uint64_t table[int, string];

BEGIN
{
	declared = 41;
	self->name = "dtrace";
	this->twice = declared * 2;
	table[1, "one"] = 10;
	table[1, "two"]++;
	calls++;
	calls += declared;
}

BEGIN
{
	printf("%d %s %d\n", ++declared, self->name, this->twice);
	printf("%d %d %d\n", table[1, "one"], table[1, "two"], table[2, "one"]);
	printf("%d\n", calls--);
	printf("%d\n", calls);
	exit(0);
}
