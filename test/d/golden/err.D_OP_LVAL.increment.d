BEGIN
{
	(pid + 1)++;
}
