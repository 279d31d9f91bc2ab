int args;

BEGIN
{
	exit(0);
}
