BEGIN
{
	a["x"] = 1;
	trace(a["x", 1]);
}
