#pragma D opiton quiet
BEGIN
{
	exit(0);
}
