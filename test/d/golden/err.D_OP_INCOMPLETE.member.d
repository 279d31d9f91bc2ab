BEGIN
{
	trace(((struct proc *)arg0)->p_pid);
}
