char string x;
BEGIN
{
	exit(0);
}
