BEGIN
{
	commit("one");
}
