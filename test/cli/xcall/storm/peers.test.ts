import { describe, expect, it } from 'vitest';
import { peerViolations } from '../../../../src/cli/xcall/storm/beside/peers.js';

const well = { name: 'dtrace', ran: true, calls: 5, ticks: 6, due: 7, said: 'lost a tick' } as const;

describe('another tracer beside the storm', () => {
  it.each([
    ['a dtrace that has counted', well, []],
    [
      'a dtrace that did not end well',
      { ...well, ran: false, said: 'it has ended: status 1' },
      ['peer: the other dtrace did not end well: it has ended: status 1'],
    ],
    ['a dtrace without calls', { ...well, calls: 0 }, ['exercise: the other dtrace counted no calls of the workers']],
    ['a dtrace without ticks', { ...well, ticks: 0 }, ['exercise: the other dtrace counted no ticks']],
    ['a bpftrace without anything', { ...well, name: 'bpftrace', ran: false, calls: 0, ticks: 0 }, []],
  ] as const)('%s violates what it must', (_, outcome, expected) => {
    expect(peerViolations(outcome).map(({ check, text }) => `${check}: ${text}`)).toEqual(expected);
  });
});
