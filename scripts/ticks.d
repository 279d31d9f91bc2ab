#!/usr/bin/env -S dtrace -qs
/*
 * ticks.d: the ticks of a timer on each CPU: those that were due, those that fired, those that never came.
 *
 *   dtrace -qs scripts/ticks.d -c 'ls -lR /usr/share'
 *
 * Feature: profile-n, whose firings have numbers by the clock: where a number is missing a tick was skipped.
 * INTERRUPTS are those of the CPU's timer, which serves others too. The kernel's throttling is for timers that take
 * samples; these take none. At its end dtrace says of each lost tick whether it came late or was not delivered.
 */

int64_t begun[int], number[int];

BEGIN
{
	period = 1000000000 / 997;
	printf("%4s %10s %8s %8s %8s\n", "CPU", "INTERRUPTS", "EXPECTED", "FIRED", "SKIPPED");
}

irq::local_timer:vector-entry
{
	@interrupts[cpu] = count();
}

profile-997
{
	begun[cpu] = begun[cpu] ? begun[cpu] : timestamp;
	this->number = 1 + (timestamp - begun[cpu] + period / 2) / period;
	@expected[cpu] = sum(this->number - number[cpu]);
	@fired[cpu] = count();
	@skipped[cpu] = sum(this->number - number[cpu] - 1);
	number[cpu] = this->number;
}

END
{
	printa("%4d %@10d %@8d %@8d %@8d\n", @interrupts, @expected, @fired, @skipped);
}
