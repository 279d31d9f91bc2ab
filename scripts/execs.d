#!/usr/bin/env -S dtrace -qs
/*
 * execs.d: the programs that a command's own process and its children become.
 *
 *   dtrace -qs scripts/execs.d -c 'sh -c "ls /; date"'
 *
 * Feature: predicates over pid and ppid, and the time since the first clause ran, kept in a global variable.
 */

BEGIN
{
	start = timestamp;
	printf("%8s %8s %8s %s\n", "MS", "PID", "PARENT", "PROGRAM");
}

syscall::execve:return
/errno == 0 && (pid == $target || ppid == $target)/
{
	printf("%8d %8d %8d %s\n", (timestamp - start) / 1000000, pid, ppid, execname);
}
