#pragma D option quiet

BEGIN
{
	x = 0;
	this->a = 0 && ++x;
	this->b = 1 || ++x;
	this->c = 1 ^^ ++x;
	printf("%d %d %d %d\n", this->a, this->b, this->c, x);
	printf("%d %d %d\n", !x, !!x, ~x);
	printf("%d\n", x > 0 ? (x = 5, x + 1) : 0);
	exit(0);
}
