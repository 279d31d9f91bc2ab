#!/usr/bin/env -S dtrace -qs
/*
 * call-rate.d: the system calls of a command, every tenth of a second.
 *
 *   dtrace -qs scripts/call-rate.d -c 'ls -lR /usr/share'
 *
 * Feature: tick-n, printa() and clear(): between two lines no call is lost and none is counted twice. printa() shows
 * what there is when the consumer meets its record, so the records are read as often as the lines are to come.
 */

#pragma D option switchrate=50hz

BEGIN
{
	printf("%-24s %8s\n", "TIME", "CALLS");
}

syscall:::entry
/pid == $target/
{
	@ = count();
}

tick-100ms,
END
{
	printf("%-24Y", walltimestamp);
	printa(" %@8d\n", @);
	clear(@);
}
