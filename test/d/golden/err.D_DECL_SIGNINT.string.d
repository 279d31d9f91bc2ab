unsigned string x;
BEGIN
{
	exit(0);
}
