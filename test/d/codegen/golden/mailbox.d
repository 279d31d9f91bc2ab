syscall::read:entry
/!asked/
{
	asked = sync();
}

profile:::tick-1s
/asked && synced(asked)/
{
	sync();
	asked = 0;
}
