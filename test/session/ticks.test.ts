import { describe, expect } from 'vitest';
import { openTimer } from '../../src/bpf/link.js';
import type { Timer } from '../../src/providers/provider.js';
import { openTimers } from '../../src/session/ticks.js';
import { errno, onlineCpus, SystemCallError } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';

const gone = 100_000;

const openUnlessGone: typeof openTimer = (event) => {
  if (event.cpu === gone) throw new SystemCallError('perf_event_open', errno.ENODEV);
  return openTimer(event);
};

const [here = 0, ...others] = onlineCpus();

const timer = (cpus: Timer['cpus']): Timer => ({ row: 0, index: 0, tag: 0x7e57n, period: 50_000_000n, cpus });

describe('timers, where a CPU goes offline between being listed and being used', () => {
  kernelTest('run on the others', () => {
    const timers = openTimers([timer('all')], [gone, here, ...others], undefined, openUnlessGone);
    try {
      timers.start();
      expect(timers.counts().map(({ cpu }) => cpu)).toEqual([here, ...others]);
    } finally {
      timers.close();
    }
  });

  kernelTest('run on another one, where one CPU is enough', () => {
    const timers = openTimers([timer('one')], [gone, here, ...others], undefined, openUnlessGone);
    try {
      timers.start();
      expect(timers.counts().map(({ cpu }) => cpu)).toEqual([here]);
    } finally {
      timers.close();
    }
  });

  kernelTest('do not begin on a CPU that came and has gone again', () => {
    const timers = openTimers([timer('all')], [here, gone], undefined, openUnlessGone);
    try {
      timers.start();
      expect(timers.follow(new Set([here, gone]), new Set([gone]))).toEqual(new Set());
      expect(timers.counts().map(({ cpu }) => cpu)).toEqual([here]);
    } finally {
      timers.close();
    }
  });
});
