/* Conversions: what may leave the range of its type is computed in 8 bytes and brought back. */
int8_t c;
uint16_t h;
unsigned int u;
int i;
uint64_t l;

BEGIN
{
	trace(c + h);
	trace((uint8_t)(i + 1));
	trace(u * u);
	trace(i / c);
	trace(u / 3 % 7u);
	trace(i >> 3 | i << l);
	trace(-u ^ ~i);
	trace(i < u && c < i);
	h = i;
	l = c;
}
