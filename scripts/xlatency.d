#!/usr/bin/env -S dtrace -qs
/*
 * xlatency.d: how long cross-calls take, for each pair of CPUs: until their function begins on the other CPU, and
 * until a caller that waits can go on.
 *
 *   dtrace -qs scripts/xlatency.d -c 'sh -c "ls -lR /usr/share | sort | tail -1"'
 *
 * Feature: an associative array carries the time from one CPU to another. arg6, the address of the call's own data, is
 * the same at the request and in the handler. Only calls that wait are acknowledged: the others are let go before their
 * function runs. Of several wakeups that are served together only the first one is seen to begin.
 */

BEGIN { printf("nanoseconds from the request, by the CPUs from and to\n"); }

xcall:::queue
{
	source[arg6] = arg0;
	queued[arg6] = timestamp;
}

xcall:::function-entry
/queued[arg6]/
{
	@begun["begun", source[arg6], arg1] = quantize(timestamp - queued[arg6]);
}

xcall:::function-return
/queued[arg6] && arg8 == 1/
{
	@acknowledged["acknowledged", source[arg6], arg1] = quantize(timestamp - queued[arg6]);
}

xcall:::function-return
/queued[arg6]/
{
	queued[arg6] = 0;
	source[arg6] = 0;
}
