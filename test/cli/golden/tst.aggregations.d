/* @status 0 */
BEGIN
{
	@count = count();
	@sum["a"] = sum(5); @sum["b"] = sum(-7); @sum["a"] = sum(10);
	@min = min(3); @min = min(-9); @max = max(3); @max = max(-9);
	@avg["x", 1] = avg(10); @avg["x", 1] = avg(20); @avg["y", 2] = avg(1);
	@q = quantize(0); @q = quantize(1); @q = quantize(7); @q = quantize(8); @q = quantize(-3);
	@p = quantize(100); @p = quantize(100); @p = quantize(70);
	exit(0);
}
