#!/usr/bin/env -S dtrace -qs
/*
 * xcalls.d: who has other CPUs do something: the function that is to run there, where it was asked for, by whom.
 *
 *   dtrace -qs scripts/xcalls.d -c 'sh -c "ls -lR /usr/share | sort | tail -1"'
 *
 * Feature: the provider xcall counts the cross-calls of the whole machine. Calls that wait hold up their caller until
 * the other CPU has run the function; the rest go on at once. A rescheduling interrupt has no function, it only makes
 * the other CPU look at its run queue. dtrace's own calls, by which it reads its buffers, are shown as its own.
 */

BEGIN
{
	printf("%-44s %-44s %-16s %-7s %8s\n", "FUNCTION", "CALLER", "PROCESS", "WAITS", "CALLS");
}

xcall:::queue
{
	@calls[arg3, arg4, pid == $pid ? "(this dtrace)" : execname, arg8 == 1 ? "yes" : arg8 == 0 ? "no" : "unknown"] =
	    count();
}

xcall:::send
/arg3 == 0/
{
	@kicks[arg4, pid == $pid ? "(this dtrace)" : execname] = count();
}

END
{
	printa("%-44a %-44a %-16s %-7s %@8d\n", @calls);
	printf("\n%-44s %-16s %8s\n", "RESCHEDULING ASKED FOR BY", "PROCESS", "SENT");
	printa("%-44a %-16s %@8d\n", @kicks);
}
