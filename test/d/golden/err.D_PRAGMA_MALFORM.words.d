#pragma D option quiet now
BEGIN
{
	exit(0);
}
