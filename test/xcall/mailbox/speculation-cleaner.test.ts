/** Which programs the cleaner of speculations runs, and where. */

import { describe, expect, it } from 'vitest';
import { crossCallOffline } from '../../../src/bpf/run.js';
import {
  speculationStates,
  speculationUse,
  speculationWords,
} from '../../../src/d/codegen/memory/speculation-layout.js';
import { createSpeculationCleaner } from '../../../src/xcall/mailbox/speculation-cleaner.js';
import { atomicWords } from '../../../src/xcall/mailbox/words.js';

const shape = {
  ...{ slots: 4, cpus: 8, levels: 2, preemptible: false },
  ...{ bufferSize: 64, speculations: 2, speculationSize: 64 },
};

/** Cleans on CPUs 0 to 3, of which CPU 3 has no slot: the calls made, and what came of it. `finish` frees two. */
function clean(states: readonly (keyof typeof speculationStates)[], offline: readonly number[]) {
  const words = atomicWords(new BigUint64Array(64));
  for (const [index, state] of states.entries()) {
    words.store(speculationWords.states + 8 * index, BigInt(speculationStates[state] + 5 * speculationUse));
  }
  const calls: string[] = [];
  const calling = (name: string, result: number) => (cpu: number) => {
    calls.push(`${name} on ${cpu}`);
    return offline.includes(cpu) ? crossCallOffline : result;
  };
  const freed = createSpeculationCleaner({
    ...{ shape, words, possibleCpus: [0, 1, 2, 3], slotOfCpu: Uint8Array.of(0, 1, 2, 255) },
    here: calling('here', 1),
    finish: calling('finish', 2),
    stranded: (slot) => calling(`stranded ${slot}`, 1),
  })();
  return { calls, freed };
}

const everywhere = ['here on 0', 'here on 1', 'here on 2', 'here on 3'];

describe('the cleaner of speculations', () => {
  it('calls nobody where none has ended', () => {
    expect(clean(['active', 'committing'], [])).toEqual({ calls: [], freed: 0 });
  });

  it.each(['committingMany', 'discarding'] as const)(
    'has each CPU do its part of one that is %s, and then frees it',
    (state) => {
      expect(clean(['inactive', state], [])).toEqual({ calls: [...everywhere, 'finish on 0'], freed: 2 });
    },
  );

  it('has another CPU do the part of one that is offline, if that can have one', () => {
    expect(clean(['discarding', 'active'], [0, 3])).toEqual({
      calls: [
        ...['here on 0', 'stranded 0 on 0', 'stranded 0 on 1'],
        ...['here on 1', 'here on 2', 'here on 3'],
        ...['finish on 0', 'finish on 1'],
      ],
      freed: 2,
    });
  });

  it('frees nothing where no CPU with a slot is online', () => {
    const { calls, freed } = clean(['discarding', 'active'], [0, 1, 2]);
    expect([freed, calls.filter((call) => call.endsWith('on 3'))]).toEqual([0, ['here on 3']]);
  });
});
