#!/usr/bin/env -S dtrace -qs
/*
 * xcontract.d: cross-calls from where Linux restricts them: with interrupts disabled, or inside an interrupt.
 *
 *   dtrace -qs scripts/xcontract.d -c 'sh -c "ls -lR /usr/share | sort | tail -1"'
 *
 * Feature: ipl tells the level (1 softirq, 2 interrupt, 3 NMI), arg7 whether interrupts are on, where the kernel lets
 * a program read that. A call that goes on at once is allowed there: wakeups are made so. One that waits is not: the
 * CPU that it waits for may be waiting for this one, which cannot answer.
 */

BEGIN
{
	printf("%3s %-10s %-7s %-44s %-44s %8s\n", "IPL", "INTERRUPTS", "WAITS", "FUNCTION", "CALLER", "CALLS");
}

xcall:::queue
/ipl > 0 || arg7 == 0/
{
	@[ipl, arg7 == 1 ? "on" : arg7 == 0 ? "off" : "unknown", arg8 == 1 ? "YES" : arg8 == 0 ? "no" : "unknown",
	    arg3, arg4] = count();
}

xcall:::queue
/ipl == 0 && arg7 == -1/
{
	@untold = count();
}

END
{
	printa("%3d %-10s %-7s %-44a %-44a %@8d\n", @);
	printa("%@d calls at level 0, of which this kernel does not tell whether interrupts were on\n", @untold);
}
