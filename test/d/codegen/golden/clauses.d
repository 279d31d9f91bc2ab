syscall::read:entry,
syscall::write:entry
{
	self->fd = (int)arg0;
}

syscall::read:entry
{
	reads++;
}

syscall::write:entry
/self->fd == 1/
{
	trace(arg2);
}
