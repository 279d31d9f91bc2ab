import { describe, expect, it } from 'vitest';
import { parseTimerName, profileProvider } from '../../src/providers/profile.js';
import { ProviderError } from '../../src/providers/provider.js';
import { onlineCpus } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { enable, tableOf, trace } from '../trace.js';

const milliseconds = (count: number) => (): Promise<void> => new Promise((resolve) => setTimeout(resolve, count));

/** An address of the kernel's half, as D prints it when it is signed. */
const isKernelAddress = (text: string): boolean => Number(text) < 0;

describe('parseTimerName', () => {
  const second = 1_000_000_000n;
  it.each([
    ['profile-4999', second / 4999n, 'all'],
    ['tick-1', second, 'one'],
    ['tick-5000', 200_000n, 'one'],
    ['profile-97hz', second / 97n, 'all'],
    ['tick-200000ns', 200_000n, 'one'],
    ['tick-300000nsec', 300_000n, 'one'],
    ['tick-200us', 200_000n, 'one'],
    ['tick-250usec', 250_000n, 'one'],
    ['tick-10ms', 10_000_000n, 'one'],
    ['tick-10msec', 10_000_000n, 'one'],
    ['tick-5s', 5n * second, 'one'],
    ['tick-5sec', 5n * second, 'one'],
    ['tick-2m', 120n * second, 'one'],
    ['tick-2min', 120n * second, 'one'],
    ['tick-3h', 10_800n * second, 'one'],
    ['tick-3hour', 10_800n * second, 'one'],
    ['tick-1d', 86_400n * second, 'one'],
    ['tick-1day', 86_400n * second, 'one'],
    ['tick-10MS', 10_000_000n, 'one'],
  ] as const)('reads %s', (name, period, cpus) => {
    expect(parseTimerName(name)).toEqual({ period, cpus });
  });

  it.each([
    ['tick-0', 'no period'],
    ['tick-0s', 'no period'],
    ['tick-5001', 'under 200 µs'],
    ['tick-199us', 'under 200 µs'],
    ['profile-199999ns', 'under 200 µs'],
    ['tick-999999999999999d', 'longer than 2^63 ns'],
    ['tick-', 'no number'],
    ['tick-1x', 'no unit'],
    ['tick--1', 'no number'],
    ['tick-1.5s', 'no number'],
    ['ticks-1', 'no such name'],
    ['xtick-1', 'no such name'],
  ])('refuses %s: %s', (name) => {
    expect(parseTimerName(name)).toBeUndefined();
  });

  it('reads every name that is listed', () => {
    for (const { name } of profileProvider.probes()) expect(parseTimerName(name), name).toBeDefined();
  });
});

describe('profile provider', () => {
  it('makes probes on demand, for names of timers only', () => {
    const pattern = { provider: 'profile', module: '', function: '', name: '' };
    expect(profileProvider.provide?.({ ...pattern, name: 'tick-7ms' })).toEqual({ ...pattern, name: 'tick-7ms' });
    for (const [field, text] of [
      ['name', 'tick-*'],
      ['name', 'tick-1us'],
      ['function', 'x'],
    ] as const) {
      expect(profileProvider.provide?.({ ...pattern, name: field === 'name' ? text : 'tick-7ms', [field]: text })).toBe(
        undefined,
      );
    }
  });

  kernelTest('does not have probes with periods below 200 µs', () => {
    for (const name of ['tick-5001', 'profile-100us', 'tick-0']) {
      expect(() => enable(`${name} { trace(1); }`), name).toThrow(/does not match any probes/);
    }
  });

  kernelTest('fires profile-n on every CPU and tick-n on one', async () => {
    const { lines, ticks } = await trace('profile-499, tick-499 { @[probename, cpu] = count(); }', {
      meanwhile: milliseconds(300),
    });
    const table = tableOf(lines);
    const cpus = onlineCpus();
    const firing = (name: string): string[] => Object.keys(table).filter((key) => key.startsWith(name));
    expect(firing('profile-499').sort()).toEqual(cpus.map((cpu) => `profile-499 ${cpu}`).sort());
    expect(firing('tick-499')).toHaveLength(1);
    expect(ticks).toHaveLength(cpus.length + 1);
  });

  kernelTest('accounts for every tick: expected are fired, late or missed', async () => {
    const { lines, ticks, messages } = await trace('profile-4999 { @[cpu] = count(); }', {
      meanwhile: milliseconds(500),
    });
    const counted = tableOf(lines);
    for (const tick of ticks) {
      expect(counted[String(tick.cpu)]).toBe(tick.fired);
      // A timer is started before its count is, and stopped between two ticks.
      const rest = tick.expected - tick.delivered - tick.late - tick.missed;
      expect(Math.abs(rest)).toBeLessThanOrEqual(1);
      // Those that come while tracing begins and ends, which takes longer on a slow machine.
      expect(tick.delivered - tick.fired).toBeLessThanOrEqual(2 + tick.expected / 100);
      const lost = tick.late + (tick.missed > 1 ? tick.missed : 0);
      const message = messages.filter((text) => text.includes(`lost on CPU ${tick.cpu} by profile-4999`));
      expect(message).toHaveLength(lost > 0 ? 1 : 0);
      if (lost > 0) expect(message[0]).toContain(`dtrace: ${lost} tick${lost === 1 ? '' : 's'} lost`);
    }
  });

  kernelTest('has ipl 2 in its ticks; a system call has 0', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 1000 }, { spin: 50_000_000 }]);
    const { lines } = await trace(
      `profile-997 { @[probeprov, ipl] = count(); }
       syscall::getpgid:entry, syscall::getpgid:return /pid == $target/ { @[probeprov, ipl] = count(); }`,
      { programs: [program] },
    );
    expect(Object.keys(tableOf(lines)).sort()).toEqual(['profile 2', 'syscall 0']);
  });

  kernelTest('gives arg0 for ticks that interrupt the kernel and arg1 for those that interrupt a process', async () => {
    const program = await startProgram([{ spin: 150_000_000 }, { call: calls.getpgid, times: 300_000 }]);
    const { lines } = await trace(
      `profile-4999 /pid == $target && arg1 != 0/ { @["user"] = count(); @user = max(arg1); @low = min(arg1); }
       profile-4999 /pid == $target && arg0 != 0/ { @["kernel"] = count(); @kernel = max(arg0); }
       profile-4999 /(arg0 != 0) == (arg1 != 0)/ { @["both or none"] = count(); }
       END { printa("%@d\\n", @user); printa("%@d\\n", @low); printa("%@d\\n", @kernel); }`,
      { programs: [program] },
    );
    const [user, low, kernel, ...rest] = lines;
    // The programs of tests are linked at 0x400000, and fit into a page.
    expect(Number(user)).toBeLessThan(0x401000);
    expect(Number(low)).toBeGreaterThanOrEqual(0x400000);
    expect(isKernelAddress(kernel ?? '')).toBe(true);
    expect(Object.keys(tableOf(rest)).sort()).toEqual(['kernel', 'user']);
  });

  kernelTest('keeps the timers of two sessions apart', async () => {
    const [one, two] = await Promise.all([
      trace('tick-100 { @ = count(); }', { meanwhile: milliseconds(300) }),
      trace('tick-1000 { @ = count(); }', { meanwhile: milliseconds(300) }),
    ]);
    expect(Number(one.lines[0])).toBe(one.ticks[0]?.fired);
    expect(Number(two.lines[0])).toBe(two.ticks[0]?.fired);
    expect(Number(two.lines[0])).toBeGreaterThan(Number(one.lines[0]));
  });

  kernelTest('fires each of a hundred different timers', async () => {
    const clauses = Array.from({ length: 100 }, (_, index) => `tick-${100 + index}ms { @[${index}] = count(); }`);
    const { lines, status } = await trace(`${clauses.join(' ')} tick-400ms { exit(5); }`);
    expect(Object.keys(tableOf(lines))).toHaveLength(100);
    expect(status).toBe(5);
  });

  it('refuses more timers than its tags can tell apart, instead of leaving some out', () => {
    const enabled = Array.from({ length: 5000 }, (_, row) => ({
      probe: { id: row, provider: 'profile', module: '', function: '', name: `tick-${row + 1}ms` },
      row,
    }));
    expect(() => profileProvider.plan(enabled)).toThrow(ProviderError);
  });
});
