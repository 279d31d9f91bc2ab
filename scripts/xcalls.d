#!/usr/bin/env -S dtrace -qs
/*
 * xcalls.d: who has other CPUs do something: the function that is to run there, who asked for it, in which process.
 *
 *   dtrace -qs scripts/xcalls.d -c 'sh -c "ls -lR /usr/share | sort | tail -1"'
 *
 * Feature: the provider xcall counts the cross-calls of the whole machine. arg9 is the first place on the stack outside
 * the kernel's own code for cross-calls and wakeups, so it tells who wants the call, not which function passes it on.
 * Calls that wait hold up their caller until the other CPU has run the function; the rest go on at once. A rescheduling
 * interrupt has no function, it only makes the other CPU look at its run queue. dtrace's own calls, by which it reads its
 * buffers, are shown as its own. Where the kernel refuses to walk the stack, who asked is unknown and shown as 0x0.
 */

BEGIN
{
	printf("%-44s %-44s %-16s %-7s %8s\n", "FUNCTION", "ASKED FOR BY", "PROCESS", "WAITS", "CALLS");
}

xcall:::queue
{
	this->who = pid == $pid ? "(this dtrace)" : execname;
	@calls[arg3, arg9, this->who, arg8 == 1 ? "yes" : arg8 == 0 ? "no" : "unknown"] = count();
}

xcall:::send
/arg3 == 0/
{
	@kicks[arg9, pid == $pid ? "(this dtrace)" : execname] = count();
}

END
{
	printa("%-44a %-44a %-16s %-7s %@8d\n", @calls);
	printf("\n%-44s %-16s %8s\n", "RESCHEDULING ASKED FOR BY", "PROCESS", "SENT");
	printa("%-44a %-16s %@8d\n", @kicks);
}
