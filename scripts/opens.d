#!/usr/bin/env -S dtrace -qs
/*
 * opens.d: the files that a command opens, and those that it fails to open.
 *
 *   dtrace -qs scripts/opens.d -c 'ls -l /etc'
 *
 * Feature: thread-local variables (self->) carry the name from the entry of the call to its return. The name is read
 * at the return, when the kernel has read it too: at the entry its page may not be in memory yet.
 */

syscall::open:entry
/pid == $target/
{
	self->path = arg0;
}

syscall::openat:entry
/pid == $target/
{
	self->path = arg1;
}

syscall::open:return,
syscall::openat:return
/self->path/
{
	printf("%-6s %4d %s\n", errno == 0 ? "opened" : "failed", errno, copyinstr(self->path));
	self->path = 0;
}
