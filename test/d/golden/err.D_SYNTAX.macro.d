/* @arguments a-b */
BEGIN
{
	trace($1);
}
