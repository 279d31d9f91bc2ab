syscall::read:entry
{
	self->spec = speculation();
}

syscall::read:entry
/self->spec/
{
	speculate(self->spec);
	trace(arg0);
}

syscall::read:return
/self->spec && errno != 0/
{
	commit(self->spec);
	self->spec = 0;
}

syscall::read:return
/self->spec/
{
	discard(self->spec);
	self->spec = 0;
}
