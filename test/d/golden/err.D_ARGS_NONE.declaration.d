int x[char [args[0]]];

BEGIN
{
	exit(0);
}
