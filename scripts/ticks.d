#!/usr/bin/env -S dtrace -qs
/*
 * ticks.d: the ticks of a timer on each CPU: those that were due, those that fired, those that never came.
 *
 *   dtrace -qs scripts/ticks.d -c 'ls -lR /usr/share'
 *
 * Feature: profile-n, whose firings have numbers by the clock: where a number is missing a tick was skipped.
 * INTERRUPTS are those of the CPU's timer, which serves others too. At its end dtrace says of each lost tick whether it
 * came late or was not delivered.
 *
 * There is no column for throttled ticks, because there can be none: the kernel throttles a timer by the samples that it
 * takes (kernel.perf_event_max_sample_rate, kernel.perf_cpu_time_max_percent), and the timers of profile and tick take
 * none, they only expire (with that limit at 100 they had all their ticks still). A timer that the kernel stopped all
 * the same would show here: its ticks are SKIPPED.
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
