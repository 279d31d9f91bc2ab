BEGIN
{
	trace(self->ts);
}
