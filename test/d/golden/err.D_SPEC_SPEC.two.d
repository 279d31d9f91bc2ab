BEGIN
{
	speculate(speculation());
	speculate(1);
}
