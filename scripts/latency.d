#!/usr/bin/env -S dtrace -qs
/*
 * latency.d: how long the system calls of a command take, a distribution for each call.
 *
 *   dtrace -qs scripts/latency.d -c 'ls -l /etc'
 *
 * Feature: quantize() counts in buckets of powers of two. timestamp is in nanoseconds.
 */

syscall:::entry
/pid == $target/
{
	self->start = timestamp;
}

syscall:::return
/self->start/
{
	@[probefunc] = quantize(timestamp - self->start);
	self->start = 0;
}

END
{
	printa("%s, nanoseconds%@d\n", @);
}
