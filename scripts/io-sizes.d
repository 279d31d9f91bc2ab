#!/usr/bin/env -S dtrace -qs
/*
 * io-sizes.d: what a command reads and writes, for each file descriptor: calls, bytes, the smallest and largest one.
 *
 *   dtrace -qs scripts/io-sizes.d -c 'ls -l /etc'
 *
 * Feature: several aggregations, printed side by side by one printa().
 */

syscall::read:entry,
syscall::write:entry
/pid == $target/
{
	self->fd = arg0 + 1;
}

syscall::read:return,
syscall::write:return
/self->fd && errno == 0/
{
	@calls[probefunc, self->fd - 1] = count();
	@bytes[probefunc, self->fd - 1] = sum(arg0);
	@least[probefunc, self->fd - 1] = min(arg0);
	@most[probefunc, self->fd - 1] = max(arg0);
}

END
{
	printf("%-8s %4s %8s %10s %8s %8s\n", "CALL", "FD", "CALLS", "BYTES", "LEAST", "MOST");
	printa("%-8s %4d %@8d %@10d %@8d %@8d\n", @calls, @bytes, @least, @most);
}
