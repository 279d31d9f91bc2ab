profile:::profile-4999
/arg0 != 0/
{
	@[cpu] = count();
}

profile:::tick-1s
{
	exit(0);
}
