import { describe, expect } from 'vitest';
import {
  closeDescriptor,
  disablePerfEvent,
  enablePerfEvent,
  onlineCpus,
  openTimerEvent,
  readClock,
  readPerfEvent,
} from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';

const spin = (nanoseconds: bigint) => {
  const end = readClock('monotonic') + nanoseconds;
  while (readClock('monotonic') < end);
};

describe('timer events', () => {
  kernelTest('a clock of a CPU counts while it is enabled and at no other time', () => {
    for (const cpu of onlineCpus()) {
      const event = openTimerEvent({ counter: 'cpu-clock', period: 1_000_000_000n, cpu });
      expect(readPerfEvent(event)).toBe(0n);
      const before = readClock('monotonic');
      enablePerfEvent(event);
      spin(2_000_000n);
      disablePerfEvent(event);
      const elapsed = readClock('monotonic') - before;
      const count = readPerfEvent(event);
      expect(count > 0n && count <= elapsed).toBe(true);
      spin(1_000_000n);
      expect(readPerfEvent(event)).toBe(count);
      closeDescriptor(event);
    }
  });

  kernelTest('a clock of the calling task counts its time', () => {
    const event = openTimerEvent({ counter: 'task-clock', frequency: 100, cpu: -1, task: 0, disabled: false });
    spin(2_000_000n);
    expect(readPerfEvent(event)).toBeGreaterThan(0n);
    closeDescriptor(event);
  });

  kernelTest('a CPU that does not exist is an error that names it', () => {
    expect(() => openTimerEvent({ counter: 'cpu-clock', period: 1n, cpu: 100_000 })).toThrow(
      /^perf_event_open\(cpu-clock, cpu 100000\): /,
    );
  });
});
