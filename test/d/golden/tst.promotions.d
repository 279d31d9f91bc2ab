#pragma D option quiet

/* Integer promotions and conversions, as in C. */
BEGIN
{
	printf("%d\n", (char)200 + (unsigned char)100);
	printf("%d\n", -1 < 1u);
	printf("%d\n", -1 < 1ul);
	printf("%d\n", (short)-1 < (unsigned short)1);
	printf("%d\n", (unsigned char)255 + 1);
	printf("%u\n", 0u - 1);
	printf("%u\n", 0ul - 1);
	printf("%d\n", 1 << 31);
	printf("%d\n", 1l << 31);
	printf("%d\n", -7 / 2);
	printf("%d\n", -7 % 2);
	printf("%d\n", -7 >> 1);
	printf("%x\n", 0xfffffff9 >> 1);
	printf("%d\n", sizeof (char) + sizeof (int) + sizeof (long));
	exit(0);
}
