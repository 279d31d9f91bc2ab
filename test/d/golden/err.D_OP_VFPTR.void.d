BEGIN
{
	this->p = (void *)arg0;
	this->p++;
}
