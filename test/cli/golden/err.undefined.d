/* @status 1 */
BEGIN
{
	trace(tiemstamp);
}
