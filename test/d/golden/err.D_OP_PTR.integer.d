BEGIN
{
	trace(pid->p_pid);
}
