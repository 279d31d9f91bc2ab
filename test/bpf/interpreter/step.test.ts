import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../src/bpf/assembly/assembler.js';
import { helperNumber } from '../../../src/bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jumpIf,
  label,
  load,
  loadMap,
  loadMapValue,
  move,
  store,
} from '../../../src/bpf/instruction.js';
import {
  arrayBytes,
  cloneMemory,
  cloneState,
  createMachineState,
  createSharedMemory,
  hashMemory,
  hashState,
  linkProgram,
  type MachineState,
  mapEntries,
  reclaim,
  run,
  type SharedMemory,
  step,
} from '../../../src/bpf/interpreter/index.js';
import type { MapSpec } from '../../../src/bpf/spec.js';

const maps: readonly MapSpec[] = [
  { name: 'counter', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 },
  { name: 'seen', type: 'hash', keySize: 8, valueSize: 8, maxEntries: 16 },
];

/** Counts in a function of its own, then notes the time under the count, through a lookup. */
const busy: readonly AssemblyItem[] = [
  functionStart('main', 1, 'global'),
  load(8, 'r6', 'r1', 0),
  move('r1', 'r6'),
  callFunction('count'),
  store(8, 'r10', -8, 'r0'),
  callHelper(helperNumber.ktimeGetNs),
  store(8, 'r10', -16, 'r0'),
  loadMap('r1', 'seen'),
  move('r2', 'r10'),
  alu('add', 'r2', -8),
  move('r3', 'r10'),
  alu('add', 'r3', -16),
  move('r4', 0),
  callHelper(helperNumber.mapUpdateElem),
  loadMap('r1', 'seen'),
  move('r2', 'r10'),
  alu('add', 'r2', -8),
  callHelper(helperNumber.mapLookupElem),
  jumpIf('eq', 'r0', 0, 'none'),
  store(8, 'r10', -24, 'r0'),
  load(8, 'r1', 'r10', -24),
  move('r2', 3),
  atomic('fetch-add', 8, 'r1', 0, 'r2'),
  load(8, 'r0', 'r1', 0),
  label('none'),
  alu('add', 'r0', 'r6'),
  exit(),
  functionStart('count', 1, 'global'),
  loadMapValue('r6', 'counter'),
  store(8, 'r10', -8, 'r1'),
  load(8, 'r0', 'r6', 0),
  load(8, 'r1', 'r10', -8),
  alu('add', 'r0', 'r1'),
  store(8, 'r6', 0, 'r0'),
  exit(),
];

const program = linkProgram(assemble(busy), maps);
const start = (): { state: MachineState; memory: SharedMemory } => ({
  state: createMachineState(program, { context: [7n] }),
  memory: createSharedMemory({ maps }),
});

describe('step', () => {
  it('stops before each access to shared memory and each helper call, and nowhere else', () => {
    const { state, memory } = start();
    const stops: unknown[] = [];
    for (;;) {
      const stop = step(program, state, memory);
      stops.push(stop.kind === 'memory' ? `${stop.access} ${stop.region}+${stop.offset}:${stop.size}` : stop.kind);
      if (stop.kind === 'exit') {
        break;
      }
    }
    expect(stops).toEqual([
      'read counter+0:8',
      'write counter+0:8',
      'helper',
      'helper',
      'helper',
      'atomic seen+0:8',
      'read seen+0:8',
      'exit',
    ]);
  });

  it('performs nothing before the step after the stop', () => {
    const { state, memory } = start();
    step(program, state, memory);
    const untouched = hashMemory(memory);
    expect(step(program, state, memory)).toMatchObject({ kind: 'memory', access: 'write', slot: 33 });
    expect(hashMemory(memory)).toBe(untouched);
    step(program, state, memory);
    expect(arrayBytes(memory, 'counter')[0]).toBe(7);
  });

  it('tells the operation of an atomic', () => {
    const { state, memory } = start();
    let stop = step(program, state, memory);
    while (stop.kind !== 'memory' || stop.access !== 'atomic') {
      stop = step(program, state, memory);
    }
    expect(stop.operation).toBe('fetch-add');
  });

  it('reports the end again', () => {
    const { state, memory } = start();
    const end = run(program, state, memory);
    expect(end).toEqual({ kind: 'exit', value: 11n });
    expect(step(program, state, memory)).toEqual(end);
  });
});

describe('copies', () => {
  it('made at any stop go on as the original does, and do not disturb it', () => {
    fc.assert(
      fc.property(fc.nat(8), (count) => {
        const { state, memory } = start();
        for (let index = 0; index < count; index += 1) {
          step(program, state, memory);
        }
        const copy = { state: cloneState(state), memory: cloneMemory(memory) };
        const before = [hashState(state), hashMemory(memory)];
        expect([hashState(copy.state), hashMemory(copy.memory)]).toEqual(before);
        const first = run(program, copy.state, copy.memory);
        expect([hashState(state), hashMemory(memory)]).toEqual(before);
        expect(run(program, state, memory)).toEqual(first);
        expect(state).toEqual(copy.state);
        expect(memory).toEqual(copy.memory);
        expect([hashState(state), hashMemory(memory)]).toEqual([hashState(copy.state), hashMemory(copy.memory)]);
      }),
    );
  });

  it('are plain data: structuredClone makes one that runs', () => {
    const { state, memory } = start();
    step(program, state, memory);
    const copy = structuredClone({ state, memory });
    expect(run(program, copy.state, copy.memory)).toEqual(run(program, state, memory));
  });

  it('differ in hash from stop to stop', () => {
    const { state, memory } = start();
    const seen = new Set([`${hashState(state)} ${hashMemory(memory)}`]);
    while (step(program, state, memory).kind !== 'exit') {
      seen.add(`${hashState(state)} ${hashMemory(memory)}`);
    }
    expect(seen.size).toBe(8);
  });
});

const insert = (key: number): readonly AssemblyItem[] => [
  functionStart('main', 1, 'global'),
  store(8, 'r10', -8, key),
  loadMap('r1', 'seen'),
  move('r2', 'r10'),
  alu('add', 'r2', -8),
  move('r3', 'r2'),
  move('r4', 0),
  callHelper(helperNumber.mapUpdateElem),
  exit(),
];

describe('hashes of memory', () => {
  it('do not depend on the order of insertions', () => {
    const order = fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 });
    fc.assert(
      fc.property(order, order, (a, b) => {
        const [first, second] = [a, b].map((keys) => {
          const memory = createSharedMemory({ maps });
          for (const key of keys) {
            const inserting = linkProgram(assemble(insert(key)), maps);
            run(inserting, createMachineState(inserting), memory);
          }
          return memory;
        });
        expect(first && hashMemory(first)).toBe(second && hashMemory(second));
      }),
    );
  });

  it('are those of a fresh memory once replaced values are reclaimed', () => {
    const inserting = linkProgram(assemble(insert(1)), maps);
    const [once, twice] = [1, 2].map((times) => {
      const memory = createSharedMemory({ maps });
      for (let index = 0; index < times; index += 1) {
        run(inserting, createMachineState(inserting), memory);
      }
      return memory;
    });
    if (once === undefined || twice === undefined) {
      return expect.unreachable();
    }
    expect(hashMemory(twice)).not.toBe(hashMemory(once));
    reclaim(twice);
    expect(hashMemory(twice)).toBe(hashMemory(once));
    expect(mapEntries(twice, 'seen')).toEqual(mapEntries(once, 'seen'));
  });
});

/** Every final count of two machines that run `items` in every interleaving, and how many states there are. */
const explore = (items: readonly AssemblyItem[]): { readonly counts: Set<number>; readonly states: number } => {
  const counting = linkProgram(assemble([functionStart('main', 1, 'global'), ...items, move('r0', 0), exit()]), maps);
  const counts = new Set<number>();
  const visited = new Set<string>();
  const pending = [
    {
      machines: [createMachineState(counting), createMachineState(counting)],
      memory: createSharedMemory({ maps }),
    },
  ];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const name = [...node.machines.map(hashState), hashMemory(node.memory)].join();
    if (visited.has(name)) {
      continue;
    }
    visited.add(name);
    if (node.machines.every(({ status }) => status === 'exited')) {
      counts.add(arrayBytes(node.memory, 'counter')[0] ?? 0);
    }
    for (const [index, { status }] of node.machines.entries()) {
      if (status !== 'exited') {
        const next = { machines: node.machines.map(cloneState), memory: cloneMemory(node.memory) };
        const machine = next.machines[index];
        expect(machine && step(counting, machine, next.memory).kind).not.toBe('fault');
        pending.push(next);
      }
    }
  }
  return { counts, states: visited.size };
};

describe('two machines over one memory', () => {
  const plain = [loadMapValue('r6', 'counter'), load(8, 'r1', 'r6', 0), alu('add', 'r1', 1), store(8, 'r6', 0, 'r1')];
  const locked = [loadMapValue('r6', 'counter'), move('r1', 1), atomic('add', 8, 'r6', 0, 'r1')];

  it('lose a count in some interleaving when they load, add and store', () => {
    expect([...explore(plain).counts].sort()).toEqual([1, 2]);
    expect([...explore([...plain, ...plain]).counts].sort()).toEqual([2, 3, 4]);
  });

  it('never lose one with an atomic add', () => {
    expect([...explore(locked).counts]).toEqual([2]);
    expect([...explore([...locked, ...locked]).counts]).toEqual([4]);
  });
});
