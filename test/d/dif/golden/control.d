/* Paths that part and meet. */
BEGIN
/pid == 1 || !tid/
{
	trace(pid ? tid : uid);
	trace(pid && tid && uid);
	trace(pid ^^ tid);
	trace(pid == 1 ? "init" : execname);
	trace(execname < "m" ? 1 : 2);
	trace((this->x = pid, this->x + 1));
}
