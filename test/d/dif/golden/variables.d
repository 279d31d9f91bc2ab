/* Variables of every scope, elements whose keys are evaluated once, updates old and new. */
self string name;
this int n;
string path[int, string];
uint8_t small[int];
int64_t total;

syscall::read:entry
{
	this->n = 3;
	self->name = execname;
	self->last = timestamp;
	total += this->n++;
	small[this->n++] <<= 2;
	trace(--small[0]);
	path[pid, self->name] = probefunc;
	trace(path[pid, "sh"]);
}

syscall::read:return
/self->last != 0/
{
	@time[execname, probefunc] = quantize(timestamp - self->last);
	self->last = 0;
}
