char a[10];
BEGIN
{
	exit(0);
}
