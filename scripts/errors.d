#!/usr/bin/env -S dtrace -qs
/*
 * errors.d: which system calls of a command fail, and with which error number.
 *
 *   dtrace -qs scripts/errors.d -c 'ls -l /etc /nowhere'
 *
 * Feature: errno in the return probes, and printa() with a format for an aggregation with two keys.
 */

BEGIN
{
	printf("%-20s %6s %8s\n", "CALL", "ERRNO", "COUNT");
}

syscall:::return
/pid == $target && errno != 0/
{
	@[probefunc, errno] = count();
}

END
{
	printa("%-20s %6d %@8d\n", @);
}
