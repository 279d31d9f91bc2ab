char a[0x80000000];
BEGIN
{
	exit(0);
}
