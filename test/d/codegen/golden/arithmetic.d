long a;
unsigned char b;

BEGIN
{
	a = -7;
	b = 250;
	b += 10;
	trace(a / b);
	trace(a % 3);
	trace((a >> 1) ^ (b << 60));
	trace(a < b && b != 4 || !a);
}
