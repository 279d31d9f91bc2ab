BEGIN
{
	@[stack(pid)] = count();
}
