BEGIN
{
	trace((uint46_t)pid);
}
