BEGIN
{
	exit(3);
	trace("last");
}

END
{
	trace(probename);
}
