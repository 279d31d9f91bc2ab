/* Memory of the kernel and of the traced process. */
syscall::write:entry
{
	trace(*(int *)arg1);
	trace(stringof((char *)arg1));
	trace(copyinstr(arg1));
}
