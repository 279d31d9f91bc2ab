#!/usr/bin/env -S dtrace -s
/*
 * syscalls.d: how often a command makes each system call.
 *
 *   dtrace -s scripts/syscalls.d -c 'ls -l /etc'
 *
 * Feature: an aggregation with a key. It is printed when tracing ends, sorted by its values.
 */

syscall:::entry
/pid == $target/
{
	@[probefunc] = count();
}
