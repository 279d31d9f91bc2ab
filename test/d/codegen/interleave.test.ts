/**
 * Firings that meet on one CPU, every way that they can: an interrupt's firing at each possible stop of a task's, the
 * consumer's switch of the halves at each stop, and, where firings are preempted, each overlap of two of them.
 */

import { describe, expect, it } from 'vitest';
import {
  arrayBytes,
  cloneMemory,
  cloneState,
  createMachineState,
  type MachineState,
  run,
  type SharedMemory,
  step,
} from '../../../src/bpf/interpreter/index.js';
import { controlWords } from '../../../src/d/codegen/memory/layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import { controlOf } from '../../../src/session/control.js';
import { environmentOf, viewsOf } from './backend.js';
import { atEachStop, collect, type Firing, finish, firing, prepare, task } from './overlap.js';

const body = `{
  this->kept = arg1;
  @ = count();
  @low = min(arg0);
  @mean[execname, arg0] = avg(arg1);
  @spread[probefunc] = quantize(arg1);
  printf("%d %s %d %s", arg0, probefunc, this->kept, execname);
  trace(this->kept * 3);
}`;

const both = `this long kept; syscall::read:entry, syscall::write:entry ${body} profile:::tick-1s ${body}`;

/** A fault, ERROR and associative arrays on both levels. */
const faulting = `
  int zero; this long kept; int seen[long];
  syscall::read:entry, syscall::write:entry, profile:::tick-1s { this->kept = arg1; seen[arg0] = 1; trace(arg0); }
  syscall::read:entry, syscall::write:entry, profile:::tick-1s { trace(1); trace(this->kept / zero); }
  syscall::read:entry, syscall::write:entry, profile:::tick-1s { trace(arg1); trace(this->kept); @[arg0] = sum(arg1); }
  ERROR { trace((long)arg1); @errors = count(); }`;

describe.each([
  ['records and aggregations', both],
  ['faults, ERROR and arrays', faulting],
])('a firing of an interrupt at every stop of a task: %s', (_what, text) => {
  const prepared = prepare(text);
  const outer = firing(prepared, 'syscall_entry', 'read', [3n, 1000n]);
  const inner = firing(prepared, 'profile_tick_1s', '', [9n, -70_000n]);
  const expected = (() => {
    const memory = cloneMemory(prepared.memory);
    finish(outer, outer.start(), memory);
    finish(inner, inner.start(), memory);
    return collect(prepared, memory);
  })();

  it('leaves what the two leave one after the other', () => {
    expect(prepared.enabling.memory.shape.levels).toBe(2);
    expect(expected).toMatchObject({ drops: 0, inprobe: 0n });
    expect(expected.records.length).toBeGreaterThan(1);
    const stops = atEachStop(outer, prepared.memory, (state, memory) => {
      finish(inner, inner.start(), memory);
      finish(outer, state, memory);
      expect(collect(prepared, memory)).toEqual(expected);
    });
    expect(stops).toBeGreaterThan(60);
  });

  it('and so with the halves switched at that stop', () => {
    atEachStop(outer, prepared.memory, (state, memory) => {
      const control = controlOf(viewsOf(arrayBytes(memory, mapNames.control)));
      control.flip('principal');
      control.flip('aggregations');
      finish(inner, inner.start(), memory);
      finish(outer, state, memory);
      expect(collect(prepared, memory)).toEqual(expected);
    });
  });

  it('works in the context area and the aggregations of its own level only', () => {
    const { contextSize, aggregations } = prepared.enabling.memory;
    const sizes: Readonly<Record<string, number>> = { context: contextSize, aggregations: aggregations.areaSize };
    let nested = 0;
    let accesses = 0;
    const watch = (each: Firing, state: MachineState, memory: SharedMemory, level: number): void => {
      for (;;) {
        const stop = step(each.program, state, memory);
        if (stop.kind === 'fault') throw new Error(stop.fault.message);
        if (stop.kind === 'exit') return;
        const size = stop.kind === 'memory' ? sizes[stop.region] : undefined;
        if (stop.kind !== 'memory' || size === undefined) continue;
        accesses += 1;
        // The first half of the one slot: the number of the area is the level.
        expect([Math.floor(stop.offset / size), Math.floor((stop.offset + stop.size - 1) / size)]).toEqual([
          level,
          level,
        ]);
      }
    };
    atEachStop(outer, prepared.memory, (_state, memory) => {
      const open = viewsOf(arrayBytes(memory, mapNames.control)).data.getBigUint64(controlWords.blocks, true);
      nested += Number(open);
      watch(inner, inner.start(), memory, Number(open));
    });
    watch(outer, outer.start(), cloneMemory(prepared.memory), 0);
    expect([nested > 50, accesses > 1000]).toEqual([true, true]);
  });
});

describe('deeper than there are levels', () => {
  it('a firing is a counted drop that leaves nothing else, at every stop', () => {
    const prepared = prepare(both, { levels: 1 });
    const outer = firing(prepared, 'syscall_entry', 'read', [3n, 1000n]);
    const inner = firing(prepared, 'profile_tick_1s', '', [9n, 5n]);
    let dropped = 0;
    atEachStop(outer, prepared.memory, (state, memory) => {
      finish(inner, inner.start(), memory);
      finish(outer, state, memory);
      const { records, drops, inprobe } = collect(prepared, memory);
      expect([records.length + drops, inprobe]).toEqual([2, 0n]);
      dropped += drops;
    });
    expect(dropped).toBeGreaterThan(50);
  });
});

describe('exit() on two levels', () => {
  it('has one winner at every stop, and the count returns to zero', () => {
    const prepared = prepare('syscall::read:entry { exit(4); trace(1); } profile:::tick-1s { exit(5); }');
    const outer = firing(prepared, 'syscall_entry', 'read', [0n, 0n]);
    const inner = firing(prepared, 'profile_tick_1s', '', [0n, 0n]);
    const seen = new Set<string>();
    atEachStop(outer, prepared.memory, (state, memory) => {
      finish(inner, inner.start(), memory);
      finish(outer, state, memory);
      const { exitStatus, records, inprobe } = collect(prepared, memory);
      expect(inprobe).toBe(0n);
      seen.add(`${exitStatus} of ${records.length}`);
    });
    // Before the task reads the activity only the interrupt exits; then both do; at last the tracing has ended.
    expect([...seen].sort()).toEqual(['4 of 1', '4 of 2', '5 of 1', '5 of 2']);
  });
});

describe('where firings are preempted', () => {
  it('any overlap of two leaves what they leave one after the other', () => {
    const prepared = prepare(faulting, { preemptible: true, levels: 2 });
    const first = firing(prepared, 'syscall_entry', 'read', [3n, 1000n]);
    const second = firing(prepared, 'syscall_entry', 'write', [9n, 70n]);
    const memory = cloneMemory(prepared.memory);
    finish(first, first.start(), memory);
    finish(second, second.start(), memory);
    const expected = collect(prepared, memory);
    expect(expected).toMatchObject({ drops: 0, inprobe: 0n, levels: 0n });

    let place = 0;
    atEachStop(first, prepared.memory, (state, begun) => {
      place += 1;
      let other = 0;
      atEachStop(second, begun, (late, overlapped) => {
        // Every overlap would be tens of thousands: each stop of the one meets every seventh of the other.
        other += 1;
        if ((place + other) % 7 !== 0) return;
        finish(first, cloneState(state), overlapped);
        finish(second, late, overlapped);
        expect(collect(prepared, overlapped)).toEqual(expected);
      });
    });
  });
});

describe('the in-probe count', () => {
  it.each([
    ['another activity', (control: ReturnType<typeof controlOf>) => control.setActivity('stopped'), 'read'],
    ['a probe that is not enabled', () => undefined, 'close'],
    ['an enabled probe', () => undefined, 'read'],
  ] as const)('is zero after every program: %s', (_what, change, fn) => {
    const prepared = prepare(both);
    change(controlOf(viewsOf(arrayBytes(prepared.memory, mapNames.control))));
    const row = prepared.enabling.probes.findIndex((probe) => probe.function === fn);
    const program = prepared.programs.get('syscall_entry');
    if (program === undefined) throw new Error('there is no program');
    const context = [BigInt.asUintN(64, BigInt(row)), 0n, 0n, 0n, 0n, 0n, 0n];
    const state = createMachineState(program, { context, environment: environmentOf(task) });
    expect(run(program, state, prepared.memory)).toEqual({ kind: 'exit', value: 0n });
    expect(collect(prepared, prepared.memory)).toMatchObject({ inprobe: 0n, drops: 0 });
  });

  it('is not touched on a CPU without a slot, which is counted', () => {
    const prepared = prepare(both, { cpus: 8 });
    const program = prepared.programs.get('syscall_entry');
    if (program === undefined) throw new Error('there is no program');
    const state = createMachineState(program, {
      context: new Array<bigint>(7).fill(0n),
      environment: environmentOf(task, 5),
    });
    run(program, state, prepared.memory);
    const control = controlOf(viewsOf(arrayBytes(prepared.memory, mapNames.control)));
    expect([control.slotlessDrops(), collect(prepared, prepared.memory).inprobe]).toEqual([1, 0n]);
  });
});
