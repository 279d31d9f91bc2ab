/** What `xcall watch` counts of cross-calls whose every step is given. */

import { describe, expect, it } from 'vitest';
import { UnsupportedFeatureError } from '../../../../src/bpf/loader/errors.js';
import { bucketMiddle, countingText, requireProbes } from '../../../../src/cli/xcall/watch/counting.js';
import { createProbeRegistry } from '../../../../src/providers/registry.js';
import { createXcallProvider } from '../../../../src/providers/xcall.js';
import { kernelTest } from '../../../kernel-test.js';
import { afterSteps, csd, entry, queue, type Step, stepProcess } from '../../../scripts/xcall-steps.js';

const { waiting, going, late, far } = csd;

/** Calls by the CPU that is called; latencies by the same, with the middle of their bucket, ns. `pid` is that of watch. */
function counted(steps: readonly Step[], pid: number) {
  const { aggregations } = afterSteps(countingText.replaceAll('$pid', String(pid)), steps);
  const rows = (name: string) =>
    (aggregations.get(name) ?? []).map(({ keys: [, , target, own, bucket], data }) => ({
      ...{ target, own, count: Number(data[0]) },
      ...(bucket === undefined ? {} : { latency: bucketMiddle(Number(bucket)) }),
    }));
  return { calls: rows('calls'), latencies: rows('latencies') };
}

describe('the counters of watch', () => {
  it.each<[string, readonly Step[], readonly object[], readonly object[]]>([
    [
      'a call and its latency',
      [queue(1_000n, 1, 2n, waiting), entry(2_024n, 2, waiting)],
      [{ target: 2, own: 0, count: 1 }],
      [{ target: 2, own: 0, count: 1, latency: 1088 }],
    ],
    [
      'each of several calls at once by its own request',
      [
        ...[queue(1_000n, 1, 2n, waiting), queue(1_512n, 1, 3n, going)],
        ...[entry(2_024n, 2, waiting), entry(2_024n, 3, going)],
      ],
      [
        { target: 2, own: 0, count: 1 },
        { target: 3, own: 0, count: 1 },
      ],
      [
        { target: 2, own: 0, count: 1, latency: 1088 },
        { target: 3, own: 0, count: 1, latency: 544 },
      ],
    ],
    [
      'no latency of what a CPU runs for itself, nor of what was asked for before',
      [entry(2_024n, 2, 0n), entry(2_024n, 2, late), queue(3_000n, 1, 2n, waiting), entry(4_000n, 2, 0n)],
      [{ target: 2, own: 0, count: 1 }],
      [],
    ],
    [
      'every one of calls that meet in a place, and the latency of the last of them',
      [
        ...[queue(1_000n, 1, 2n, waiting), queue(1_512n, 1, 3n, far)],
        ...[entry(2_024n, 2, waiting), entry(2_024n, 3, far)],
      ],
      [
        { target: 2, own: 0, count: 1 },
        { target: 3, own: 0, count: 1 },
      ],
      [{ target: 3, own: 0, count: 1, latency: 544 }],
    ],
    [
      'the latency of a request once',
      [queue(1_000n, 1, 2n, waiting), entry(2_024n, 2, waiting), entry(9_000n, 2, waiting)],
      [{ target: 2, own: 0, count: 1 }],
      [{ target: 2, own: 0, count: 1, latency: 1088 }],
    ],
  ])('are: %s', (_, steps, calls, latencies) => {
    const byTarget = <Row extends { readonly target?: unknown }>(rows: readonly Row[]) =>
      rows.toSorted((a, b) => Number(a.target) - Number(b.target));
    const found = counted(steps, stepProcess + 1);
    expect({ calls: byTarget(found.calls), latencies: byTarget(found.latencies) }).toEqual({ calls, latencies });
  });

  it('know which calls this process has made, and their latencies', () => {
    const steps = [queue(1_000n, 1, 2n, waiting), entry(2_024n, 2, waiting)];
    expect(counted(steps, stepProcess)).toEqual({
      calls: [{ target: 2, own: 1, count: 1 }],
      latencies: [{ target: 2, own: 1, count: 1, latency: 1088 }],
    });
  });

  for (const [lacking, probe] of [
    ['csd_queue_cpu', 'queue'],
    ['csd_function_entry', 'function-entry'],
  ] as const) {
    kernelTest(`need the tracepoint ${lacking}: who has it not is told which kernel has`, () => {
      const registry = (lacks?: string) =>
        createProbeRegistry([
          createXcallProvider({ hasTracepoint: (name) => name !== lacks, hasFunction: () => false }),
        ]);
      requireProbes(registry());
      expect(() => requireProbes(registry(lacking))).toThrow(UnsupportedFeatureError);
      expect(() => requireProbes(registry(lacking))).toThrow(
        `this kernel does not offer the tracepoints of the group csd (probe xcall:::${probe}), which Linux has since 6.4`,
      );
    });
  }

  it('have a last bucket that is open: it is told by where it begins', () => {
    expect(bucketMiddle(255)).toBe(15 * 2 ** 28);
  });
});
