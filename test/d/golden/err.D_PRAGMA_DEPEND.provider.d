#pragma D depends_on provider nothing
BEGIN
{
	exit(0);
}
