import { describe, expect, it } from 'vitest';
import { arrivalMessage, dropMessage, faultMessage, tickMessage } from '../../src/consumer/messages.js';
import { faultKinds } from '../../src/d/codegen/memory/layout.js';

describe('dropMessage', () => {
  it.each([
    ['principal', 1, 3, 'dtrace: 1 drop on CPU 3'],
    ['principal', 2, 0, 'dtrace: 2 drops on CPU 0'],
    ['aggregation', 1, 1, 'dtrace: 1 aggregation drop on CPU 1'],
    ['aggregation', 9, 1, 'dtrace: 9 aggregation drops on CPU 1'],
    ['dynamic', 1, undefined, 'dtrace: 1 dynamic variable drop'],
    ['dynamic', 2, undefined, 'dtrace: 2 dynamic variable drops'],
    ['dirty', 1, undefined, 'dtrace: 1 dynamic variable drop with non-empty dirty list'],
    ['rinsing', 2, undefined, 'dtrace: 2 dynamic variable drops with non-empty rinsing list'],
    ['error', 1, undefined, 'dtrace: 1 error in ERROR probe enabling'],
    ['error', 2, undefined, 'dtrace: 2 errors in ERROR probe enabling'],
    ['nesting', 2, 1, 'dtrace: 2 drops on CPU 1 of probes nested too deep'],
    ['recursion', 1, undefined, 'dtrace: 1 drop of probes that interrupted themselves'],
    ['request', 2, undefined, 'dtrace: 2 sync request drops'],
    ['speculative', 1, undefined, 'dtrace: 1 speculative drop'],
    ['speculative', 5, undefined, 'dtrace: 5 speculative drops'],
    ['speculationBusy', 1, undefined, 'dtrace: 1 failed speculation (available buffer still busy)'],
    ['speculationBusy', 2, undefined, 'dtrace: 2 failed speculations (available buffers still busy)'],
    ['speculationUnavailable', 1, undefined, 'dtrace: 1 failed speculation (no speculative buffer available)'],
    ['speculationUnavailable', 2, undefined, 'dtrace: 2 failed speculations (no speculative buffer available)'],
    ['slotless', 4, undefined, 'dtrace: 4 drops on CPUs that came online while tracing'],
  ] as const)('of kind %s, %d on CPU %s', (kind, count, cpu, expected) => {
    expect(dropMessage(kind, count, cpu, false)).toBe(expected);
  });

  it.each([
    ['principal', 0, 'dtrace: [DTRACEDROP_PRINCIPAL] 2 drops on CPU 0'],
    ['aggregation', 0, 'dtrace: [DTRACEDROP_AGGREGATION] 2 aggregation drops on CPU 0'],
    ['dynamic', undefined, 'dtrace: [DTRACEDROP_DYNAMIC] 2 dynamic variable drops'],
    ['speculative', undefined, 'dtrace: [DTRACEDROP_SPEC] 2 speculative drops'],
    [
      'speculationBusy',
      undefined,
      'dtrace: [DTRACEDROP_SPECBUSY] 2 failed speculations (available buffers still busy)',
    ],
    [
      'speculationUnavailable',
      undefined,
      'dtrace: [DTRACEDROP_SPECUNAVAIL] 2 failed speculations (no speculative buffer available)',
    ],
    ['error', undefined, 'dtrace: [DTRACEDROP_DBLERROR] 2 errors in ERROR probe enabling'],
  ] as const)('of kind %s has its tag before it where that is asked for', (kind, cpu, expected) => {
    expect(dropMessage(kind, 2, cpu, true)).toBe(expected);
  });
});

describe('tickMessage', () => {
  const probe = { id: 4, provider: 'profile', module: '', function: '', name: 'profile-97' };
  const ticks = { row: 0, cpu: 1, expected: 100, delivered: 100, fired: 100, late: 0, missed: 0 };

  it.each([
    [{}, undefined],
    [{ missed: 1 }, undefined],
    [{ late: 1 }, 'dtrace: 1 tick lost on CPU 1 by profile-97: 1 late by whole periods of 100'],
    [{ missed: 3 }, 'dtrace: 3 ticks lost on CPU 1 by profile-97: 3 not delivered of 100'],
    [
      { late: 2, missed: 3 },
      'dtrace: 5 ticks lost on CPU 1 by profile-97: 2 late by whole periods, 3 not delivered of 100',
    ],
  ])('for %j', (lost, expected) => {
    expect(tickMessage({ ...ticks, ...lost }, probe, false)).toBe(expected);
  });
});

describe('arrivalMessage', () => {
  it.each([
    [{ cpu: 3, hasSlot: true, gap: 0 }, undefined],
    [
      { cpu: 3, hasSlot: true, gap: 1_200_000 },
      'dtrace: CPU 3 came online while tracing: timers did not run there for up to 2 ms',
    ],
    [
      { cpu: 3, hasSlot: false, gap: 0 },
      'dtrace: CPU 3 came online while tracing: there are no buffers for it, its probes are dropped',
    ],
  ])('for %j', (arrival, expected) => {
    expect(arrivalMessage(arrival)).toBe(expected);
  });
});

describe('faultMessage', () => {
  const probe = { id: 1, provider: 'dtrace', module: '', function: '', name: 'BEGIN' };
  const at = { epid: 2, action: 3, pc: 17, value: 0x10n };
  const prefix = 'dtrace: error on enabled probe ID 2 (ID 1: dtrace:::BEGIN):';

  it.each([
    ['invalid address', `${prefix} invalid address (0x10) in action #3 at BPF pc 17`],
    ['divide-by-zero', `${prefix} divide-by-zero in action #3 at BPF pc 17`],
    ['illegal operation', `${prefix} illegal operation in action #3 at BPF pc 17`],
  ] as const)('of %s', (kind, expected) => {
    expect(faultMessage({ ...at, kind: faultKinds[kind] }, probe)).toBe(expected);
  });

  it('in a predicate, and of a kind that nobody knows', () => {
    expect(faultMessage({ ...at, action: 0, kind: 99 }, probe)).toBe(
      `${prefix} unknown fault in predicate at BPF pc 17`,
    );
  });
});
