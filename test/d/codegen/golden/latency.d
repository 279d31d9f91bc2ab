syscall:::entry
{
	self->ts = timestamp;
}

syscall:::return
/self->ts/
{
	@time[execname] = quantize(timestamp - self->ts);
	self->ts = 0;
}
