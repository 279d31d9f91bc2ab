import { describe, expect, it } from 'vitest';
import { type EventProvider, eventProviderCheck } from '../../../src/cli/doctor/event-providers.js';

const provider = (present: readonly string[], absent: readonly string[]): EventProvider['provider'] => ({
  name: 'irq',
  tracepoints: () => ({ present, absent }),
});

const healthy: EventProvider = {
  what: 'interrupts',
  provider: provider(['a_entry', 'b_entry'], []),
  lacking: undefined,
  isOptional: () => false,
  shortage: () => undefined,
  attach: () => {},
};

const check = (changes: Partial<EventProvider>) =>
  eventProviderCheck(
    { ...healthy, ...changes },
    (error) => `${error}`,
    (reason) => `about ${reason}`,
  );

describe('the check of a provider of tracepoints', () => {
  it.each<[string, Partial<EventProvider>, object]>([
    ['is ok where all are there', {}, { status: 'ok', detail: 'interrupts: 2 of 2 tracepoints' }],
    [
      'is ok where those are lacking that are of certain hardware',
      { provider: provider(['a'], ['b']), isOptional: (name) => name === 'b' },
      { status: 'ok', detail: 'interrupts: 1 of 2 tracepoints' },
    ],
    [
      'is limited where others are lacking, and names them',
      { provider: provider(['a'], ['b', 'c']), isOptional: (name) => name === 'b' },
      { status: 'limited', why: 'this kernel has no c: their probes do not exist' },
    ],
    [
      'is limited where an argument is unknown',
      { shortage: () => 'arg7 is -1' },
      { status: 'limited', detail: 'interrupts: 2 of 2 tracepoints', why: 'arg7 is -1' },
    ],
    [
      'is limited where none is there',
      { provider: provider([], ['a', 'b']) },
      { status: 'limited', detail: 'interrupts: no probes', why: 'this kernel has none of its tracepoints: a, b' },
    ],
    [
      'is limited where the kernel tells of none',
      { lacking: 'there is no BTF', provider: provider([], ['a']) },
      { status: 'limited', why: 'there is no BTF', fix: 'see kernel-btf above' },
    ],
    [
      'is limited where none can be attached to',
      {
        attach: () => {
          throw new Error('EPERM');
        },
      },
      { status: 'limited', detail: 'interrupts: does not work', why: 'Error: EPERM', fix: 'about Error: EPERM' },
    ],
  ])('%s', (_, changes, expected) => {
    expect(check(changes)).toMatchObject({ name: 'provider irq', ...expected });
  });

  it('attaches to a tracepoint that is there', () => {
    const attached: string[] = [];
    check({ provider: provider(['b'], ['a']), attach: (name) => attached.push(name) });
    expect(attached).toEqual(['b']);
  });
});
