long string x;
BEGIN
{
	exit(0);
}
