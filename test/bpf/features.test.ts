import { readdirSync } from 'node:fs';
import { version } from 'node:os';
import { describe, expect, it } from 'vitest';
import { observedPreemptionCount } from '../../src/bpf/features/preemption.js';
import { describeFeature, featureNames, probeFeature, requireFeature } from '../../src/bpf/features.js';
import { UnsupportedFeatureError } from '../../src/bpf/loader/errors.js';
import { kernelTest } from '../kernel-test.js';

describe('features of the kernel', () => {
  it('each has a title and the first version of Linux that has it', () => {
    for (const name of featureNames) {
      expect(describeFeature(name)).toEqual({
        title: expect.stringMatching(/./),
        since: expect.stringMatching(/^\d+\.\d+$/),
      });
    }
  });

  kernelTest('every one is tried, answered, and leaves nothing open', () => {
    probeFeature('kernel-btf');
    const before = readdirSync('/proc/self/fd').length;
    for (const name of featureNames) {
      const { supported, reason } = probeFeature(name);
      expect(supported ? reason === undefined : (reason ?? '').length > 0).toBe(true);
      expect(probeFeature(name)).toBe(probeFeature(name));
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  kernelTest('what the tests of maps and programs use is there', () => {
    for (const name of [
      'mapped-arrays',
      'raw-tracepoints',
      'run-on-cpu',
      'global-functions',
      'atomic-fetch',
    ] as const) {
      expect(probeFeature(name)).toEqual({ supported: true });
      requireFeature(name);
    }
  });

  kernelTest('the answer about preemption is what a program sees in the preemption count', () => {
    const count = observedPreemptionCount();
    const off = !version().includes('PREEMPT') || (count !== undefined && (count & 0xff) > 0);
    expect(probeFeature('preemption-off').supported).toBe(off);
  });

  it('a missing feature is an error that says since when Linux has it, and why it is not there', () => {
    const error = new UnsupportedFeatureError('signed division in eBPF', '6.6', 'Invalid argument');
    expect(error.message).toBe(
      'this kernel does not offer signed division in eBPF, which Linux has since 6.6: Invalid argument',
    );
    expect(error.minimumKernel).toBe('6.6');
  });
});
