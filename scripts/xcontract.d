#!/usr/bin/env -S dtrace -qs
/*
 * xcontract.d: cross-calls from where Linux restricts them: with interrupts disabled, or inside an interrupt; by stack.
 *
 *   dtrace -qs scripts/xcontract.d -c 'sh -c "ls -lR /usr/share | sort | tail -1"'
 *
 * Feature: ipl tells the level (1 softirq, 2 interrupt, 3 NMI), args[7] whether interrupts are on, where the kernel
 * lets a program read that, args[8] whether the caller waits; stack() as a key. A call that goes on at once is allowed
 * there: wakeups are made so. One that waits is not: the CPU that it waits for may be waiting for this one, which cannot
 * answer.
 *
 *   IPL INTERRUPTS WAITS   FUNCTION                                        CALLS
 *
 *     1 off        no      (reschedule)                                        2
 *       vmlinux`__resched_curr+0x1e7
 *       vmlinux`wakeup_preempt+0x92
 *       vmlinux`ttwu_do_activate+0x88
 *       vmlinux`try_to_wake_up+0x267
 *       vmlinux`swake_up_one+0x35
 *       vmlinux`rcu_core+0x120
 *       vmlinux`handle_softirqs+0xcd
 *       vmlinux`__irq_exit_rcu+0x8e
 *
 *     0 off        no      (reschedule)                                        9
 *       vmlinux`__resched_curr+0x1e7
 *       vmlinux`wakeup_preempt+0x92
 *       vmlinux`ttwu_do_activate+0x88
 *       vmlinux`try_to_wake_up+0x267
 *       vmlinux`pollwake+0x73
 *       vmlinux`__wake_up_common+0x72
 *       vmlinux`eventfd_write+0xb7
 *       vmlinux`vfs_write+0xca
 */

BEGIN
{
	printf("%3s %-10s %-7s %-44s %8s\n", "IPL", "INTERRUPTS", "WAITS", "FUNCTION", "CALLS");
}

xcall:::queue
/ipl > 0 || args[7] == 0/
{
	@[ipl, args[7] == 1 ? "on" : args[7] == 0 ? "off" : "unknown",
	    args[8] == 1 ? "YES" : args[8] == 0 ? "no" : "unknown", args[3], stack(8)] = count();
}

/* A bare interrupt, which calls no function: the CPU is to look at its run queue again. */
xcall:::send
/(ipl > 0 || args[7] == 0) && args[3] == 0/
{
	@kicks[ipl, args[7] == 1 ? "on" : args[7] == 0 ? "off" : "unknown", stack(8)] = count();
}

xcall:::queue
/ipl == 0 && args[7] == -1/
{
	@untold = count();
}

END
{
	printa("\n%3d %-10s %-7s %-44a %@8d%-4k", @);
	printa("\n%3d %-10s no      (reschedule)                                 %@8d%-4k", @kicks);
	printa("\n%@d calls at level 0, of which this kernel does not tell whether interrupts were on\n", @untold);
}
