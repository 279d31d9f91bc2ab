#!/usr/bin/env -S dtrace -qs
/*
 * cpu-samples.d: how much of a command's time on CPUs is spent in its own code, and how much in the kernel.
 *
 *   dtrace -qs scripts/cpu-samples.d -c 'ls -lR /usr/share'
 *
 * Feature: profile-n fires on every CPU. arg1 is the program counter if a process was interrupted, otherwise 0.
 */

BEGIN
{
	printf("%-8s %8s\n", "WHERE", "SAMPLES");
}

profile-997
/pid == $target/
{
	@[arg1 != 0 ? "process" : "kernel"] = count();
}

END
{
	printa("%-8s %@8d\n", @);
}
