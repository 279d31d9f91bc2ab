this string name;

BEGIN
{
	this->name = execname == "node" ? "the tracer" : execname;
	last = this->name;
	trace(last < "zzz");
}
