/**
 * Speculations where firings meet on one CPU: a tick that speculates, commits or discards at every stop of a firing that does
 * one of them, the cleaner at every stop of both, and each overlap of two where firings are preempted.
 */

import { describe, expect, it } from 'vitest';
import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  cloneMemory,
  cloneState,
  createMachineState,
  linkProgram,
  type SharedMemory,
} from '../../../src/bpf/interpreter/index.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import {
  speculationPart as part,
  speculationParts,
  speculationStateMask,
  speculationWords,
} from '../../../src/d/codegen/memory/speculation-layout.js';
import { generateSpeculationCleaner } from '../../../src/d/codegen/speculation/cleaner.js';
import { environmentOf, sessionMaps, viewsOf } from './backend.js';
import { atEachStop, collect, type Firing, finish, firing, type Prepared, prepare, task } from './overlap.js';

/** The cleaner as two firings. */
function cleaner({ enabling }: Prepared): { readonly here: Firing; readonly finish: Firing } {
  const { shape } = enabling.memory;
  const maps = [...enabling.maps, ...sessionMaps(shape, [0])];
  const specs = generateSpeculationCleaner(shape);
  const linked = (items: Parameters<typeof assemble>[0]): Firing => {
    const program = linkProgram(assemble(items), maps);
    return { program, start: () => createMachineState(program, { environment: environmentOf(task) }) };
  };
  return { here: linked(specs.here.items), finish: linked(specs.finish.items) };
}

const runWhole = (each: Firing, memory: SharedMemory): void => finish(each, each.start(), memory);

/** State of the first speculation, and the words of its part. */
function speculation({ enabling }: Prepared, memory: SharedMemory) {
  const { data } = viewsOf(arrayBytes(memory, mapNames.speculations));
  const word = (offset: number): number => Number(data.getBigUint64(offset, true));
  const at = speculationParts(enabling.memory.shape);
  return {
    state: word(speculationWords.states) & speculationStateMask,
    used: word(at + part.used),
    users: word(at + part.users),
    lost: word(at + part.lost),
  };
}

/** Clauses that take the speculation once, in a firing of close(), and use it in read(), write() and the tick. */
const program = (read: string, tick: string, write = ''): string => `
  int spec;
  syscall::close:entry { spec = speculation(); }
  syscall::read:entry { ${read} }
  syscall::write:entry { ${write} spec; }
  profile:::tick-1s { ${tick} }`;

const speculate = 'speculate(spec); trace(arg0); trace(arg1);';

/** Prepares a program whose speculation is taken, with `before` firings of read() and write() behind it. */
function prepared(text: string, before: readonly ('read' | 'write')[] = [], shape = {}): Prepared {
  const made = prepare(text, { speculationSize: 256, ...shape });
  runWhole(firing(made, 'syscall_entry', 'close', [0n, 0n]), made.memory);
  for (const [index, name] of before.entries()) {
    runWhole(firing(made, 'syscall_entry', name, [BigInt(index + 100), 0n]), made.memory);
  }
  return made;
}

const readOf = (made: Prepared): Firing => firing(made, 'syscall_entry', 'read', [3n, 1000n]);
const writeOf = (made: Prepared): Firing => firing(made, 'syscall_entry', 'write', [4n, 2000n]);
const tickOf = (made: Prepared): Firing => firing(made, 'profile_tick_1s', '', [9n, 70n]);

/** First arguments of the records in the principal buffers that are not void. */
const published = (made: Prepared, memory: SharedMemory): readonly number[] =>
  collect(made, memory)
    .records.filter((record) => !record.includes('void'))
    .map((record) => Buffer.from(record.split(' ')[1] ?? '', 'hex').readUInt8(0))
    .sort((a, b) => a - b);

/** Cleans until nothing is left to clean, and expects the speculation to be free and empty. */
function settle(made: Prepared, memory: SharedMemory): void {
  const { here, finish: end } = cleaner(made);
  runWhole(here, memory);
  runWhole(end, memory);
  expect(speculation(made, memory)).toMatchObject({ state: 0, used: 0, users: 0 });
  expect(collect(made, cloneMemory(memory)).inprobe).toBe(0n);
}

describe('a tick at every stop of a firing', () => {
  it('that commits what the firing is recording publishes it whole or not at all', () => {
    const made = prepared(program(speculate, 'commit(spec);', speculate), ['write']);
    const seen = new Set<string>();
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      const early = published(made, cloneMemory(memory));
      finish(readOf(made), state, memory);
      settle(made, memory);
      const all = published(made, memory);
      seen.add(`${early.join()} then ${all.join()}`);
    });
    // Before it enters it is refused; where it has entered, the tick leaves all to the cleaner; behind, it commits both.
    expect([...seen].sort()).toEqual([' then 100', ' then 3,100', '100 then 100', '3,100 then 3,100']);
  });

  it('that discards what the firing is recording leaves nothing of it', () => {
    const made = prepared(program(speculate, 'discard(spec);', speculate), ['write']);
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      finish(readOf(made), state, memory);
      settle(made, memory);
      expect(published(made, memory)).toEqual([]);
    });
  });

  it('that records where the firing commits is published or refused, and the rest once', () => {
    const made = prepared(program('commit(spec);', speculate, speculate), ['write', 'write']);
    const seen = new Set<string>();
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      finish(readOf(made), state, memory);
      settle(made, memory);
      seen.add(published(made, memory).join());
    });
    expect([...seen].sort()).toEqual(['100,101', '9,100,101']);
  });

  it('that commits what the firing commits publishes each record once', () => {
    const made = prepared(program('commit(spec);', 'commit(spec);', speculate), ['write', 'write']);
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      finish(readOf(made), state, memory);
      settle(made, memory);
      expect(published(made, memory)).toEqual([100, 101]);
    });
  });

  it('that discards what the firing commits is too late, or in time: all is published or nothing', () => {
    const made = prepared(program('commit(spec);', 'discard(spec);', speculate), ['write', 'write']);
    const seen = new Set<string>();
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      finish(readOf(made), state, memory);
      settle(made, memory);
      seen.add(published(made, memory).join());
    });
    expect([...seen].sort()).toEqual(['', '100,101']);
  });

  it('that takes the speculation anew finds it empty, and records into it what comes out alone', () => {
    const text = program(
      'commit(spec);',
      'anew = speculation(); speculate(anew); trace(arg0); trace(arg1);',
      speculate,
    ).replace('profile', 'int anew; syscall::openat:entry { commit(anew); } profile');
    const made = prepared(text, ['write']);
    let anew = 0;
    atEachStop(readOf(made), made.memory, (state, memory) => {
      const before = speculation(made, memory);
      runWhole(tickOf(made), memory);
      if (before.state === 0) {
        anew += 1;
        expect(speculation(made, memory).used).toBe(24);
      }
      finish(readOf(made), state, memory);
      runWhole(firing(made, 'syscall_entry', 'openat', [0n, 0n]), memory);
      settle(made, memory);
      expect(published(made, memory)).toEqual(before.state === 0 ? [9, 100] : [100]);
    });
    expect(anew).toBeGreaterThan(2);
  });

  it('that fills the buffer costs whole records, each counted', () => {
    const made = prepared(program(speculate, speculate, speculate), [], { speculationSize: 40 });
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      finish(readOf(made), state, memory);
      expect(speculation(made, memory)).toMatchObject({ used: 24, users: 0 });
    });
  });
});

describe('the cleaner', () => {
  it('at every stop of a firing whose speculation a tick has ended leaves the record whole', () => {
    const made = prepared(program(speculate, 'commit(spec);'));
    const { here, finish: end } = cleaner(made);
    atEachStop(readOf(made), made.memory, (state, memory) => {
      runWhole(tickOf(made), memory);
      const { users } = speculation(made, memory);
      runWhole(here, memory);
      runWhole(end, memory);
      // A speculation that somebody is inside of is not free.
      expect(speculation(made, memory).state === 0).toBe(users === 0);
      finish(readOf(made), state, memory);
      settle(made, memory);
      expect([[], [3]]).toContainEqual(published(made, memory));
    });
  });

  it.each(['commit(spec);', 'discard(spec);', speculate, `spec = speculation(); ${speculate}`])(
    'interrupted at every stop by a firing that does %s empties each part once',
    (action) => {
      // The end of the interrupted write(), which only the cleaner can see to.
      const made = prepared(program(speculate, 'commit(spec);', action));
      const inside = readOf(made);
      const begun = cloneMemory(made.memory);
      const state = inside.start();
      // Stopped inside, so that the tick's commit leaves it to the cleaner.
      let memory = begun;
      let chosen = state;
      atEachStop(inside, made.memory, (at, then) => {
        if (speculation(made, then).used > 0 && speculation(made, memory).used === 0) [chosen, memory] = [at, then];
      });
      runWhole(tickOf(made), memory);
      finish(inside, chosen, memory);
      expect(speculation(made, memory)).toMatchObject({ state: 5, used: 24, users: 0 });
      const { here, finish: end } = cleaner(made);
      for (const each of [here, end]) {
        const start = cloneMemory(memory);
        if (each === end) runWhole(here, start);
        atEachStop(each, start, (stopped, now) => {
          runWhole(writeOf(made), now);
          finish(each, stopped, now);
          // What a speculation that was taken anew holds is not published by the cleaner of the old one.
          expect(published(made, cloneMemory(now))).toEqual([3]);
        });
      }
    },
  );
});

describe('two cleaners', () => {
  it('at once, the second at every stop of the first: what is recorded into the speculation by then stays there', () => {
    const anew = `spec = speculation(); ${speculate}`;
    const made = prepared(program('commit(spec);', 'trace(0);', anew), [], { slots: 2, cpus: 2 });
    // Committed without a part of this CPU: another one was to have it.
    const { here, finish: end } = cleaner(made);
    const { data } = viewsOf(arrayBytes(made.memory, mapNames.speculations));
    data.setBigUint64(speculationWords.states, data.getBigUint64(speculationWords.states, true) + 4n, true);
    expect(speculation(made, made.memory).state).toBe(5);
    let free = 0;
    atEachStop(here, made.memory, (stopped, now) => {
      runWhole(here, now);
      runWhole(end, now);
      const isFree = speculation(made, now).state === 0;
      free += Number(isFree);
      runWhole(writeOf(made), now);
      finish(here, stopped, now);
      expect(published(made, cloneMemory(now))).toEqual([]);
      expect(speculation(made, now).used).toBe(isFree ? 24 : 0);
    });
    expect(free).toBeGreaterThan(5);
  });
});

describe('where firings are preempted', () => {
  it.each([
    ['commit(spec);', 'commit(spec);', [[100, 101]]],
    ['commit(spec);', 'discard(spec);', [[], [100, 101]]],
    [
      speculate,
      'commit(spec);',
      [
        [100, 101],
        [3, 100, 101],
      ],
    ],
    [speculate, 'discard(spec);', [[]]],
    [speculate, speculate, [[]]],
  ])('any overlap of %s and %s leaves each record once, and whole', (first, second, allowed) => {
    const text = `${program(first, speculate, second)} syscall::openat:entry { ${speculate} }`;
    const made = prepare(text, { speculationSize: 256, preemptible: true, levels: 4 });
    runWhole(firing(made, 'syscall_entry', 'close', [0n, 0n]), made.memory);
    for (const value of [100n, 101n]) runWhole(firing(made, 'syscall_entry', 'openat', [value, 0n]), made.memory);
    let place = 0;
    atEachStop(readOf(made), made.memory, (state, begun) => {
      place += 1;
      let other = 0;
      atEachStop(writeOf(made), begun, (late, overlapped) => {
        other += 1;
        if ((place + other) % 7 !== 0) return;
        finish(readOf(made), cloneState(state), overlapped);
        finish(writeOf(made), late, overlapped);
        const { state: left, users } = speculation(made, overlapped);
        expect(users).toBe(0);
        if (left > 4) settle(made, overlapped);
        expect(allowed).toContainEqual(published(made, overlapped));
      });
    });
    expect(place).toBeGreaterThan(30);
  });
});
