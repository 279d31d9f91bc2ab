/** What a session has lost, counted where it happened. */

import type { BpfMap } from '../bpf/map.js';
import { type Program, programStatistics } from '../bpf/program.js';
import { dynamicHeader } from '../d/codegen/memory/dynamic-layout.js';
import type { RuntimeShape } from '../d/codegen/memory/layout.js';
import type { MappedMemory } from '../sys/index.js';
import type { ServedMailbox } from '../xcall/mailbox/open.js';
import type { BlockCounter, Control } from './control.js';
import { type SpeculationDrops, speculationDrops } from './speculations.js';

/** Something that was lost. */
export interface DropCount {
  /** -1: it belongs to no CPU in particular. */
  readonly cpu: number;
  readonly kind:
    | BlockCounter
    | 'recursion'
    | 'slotless'
    | 'stacks'
    | 'requests'
    | 'dirtyDrops'
    | 'rinsingDrops'
    | keyof SpeculationDrops;
  /** Since the session began. */
  readonly count: number;
}

/** Where the counters are. */
export interface DropSources {
  readonly control: Control;
  readonly cpuOfSlot: readonly (number | undefined)[];
  readonly shape: RuntimeShape;
  readonly mailbox: ServedMailbox | undefined;
  readonly programs: Iterable<Program>;
  /** The maps of the elements of associative arrays. */
  readonly arrays: readonly MappedMemory[];
  /** The map `speculations`, where the program has any. */
  readonly speculations: BpfMap | undefined;
}

/** Reads all counters; those that are zero are left out. */
export const countDrops = (sources: DropSources): readonly DropCount[] => {
  const { control, cpuOfSlot, shape, mailbox, programs, arrays, speculations } = sources;
  return [
    ...blockDrops(control, cpuOfSlot),
    ...sessionDrops('slotless', control.slotlessDrops()),
    ...sessionDrops('stacks', control.stackDrops()),
    ...requestDrops(mailbox, cpuOfSlot),
    ...lostSpeculations(speculationDrops(shape, speculations)),
    ...dynamicDrops(arrays),
    ...recursionDrops(programs),
  ];
};

/** Drops that belong to no CPU in particular. */
const sessionDrops = (kind: DropCount['kind'], count: number): readonly DropCount[] =>
  count === 0 ? [] : [{ cpu: -1, kind, count }];

const counters: readonly BlockCounter[] = ['aggregationDrops', 'dynamicDrops', 'nestingDrops', 'errorDrops'];

function blockDrops(control: Control, cpuOfSlot: readonly (number | undefined)[]): DropCount[] {
  return cpuOfSlot.flatMap((cpu, slot) =>
    cpu === undefined
      ? []
      : counters.flatMap((kind) => {
          const count = control.counter(slot, kind);
          return count === 0 ? [] : [{ cpu, kind, count }];
        }),
  );
}

/** Firings that the kernel skipped because the same program was already running on the CPU. */
function recursionDrops(programs: Iterable<Program>): readonly DropCount[] {
  let count = 0;
  for (const program of programs) count += Number(programStatistics(program).recursionMisses);
  return sessionDrops('recursion', count);
}

/** Posts that the mailbox had no room for; those of the process and of CPUs without a slot belong to no CPU. */
function requestDrops(mailbox: ServedMailbox | undefined, cpuOfSlot: readonly (number | undefined)[]): DropCount[] {
  const counts = new Map<number, number>();
  for (const { slot, count } of mailbox?.boxes.drops() ?? []) {
    const cpu = cpuOfSlot[slot] ?? -1;
    counts.set(cpu, (counts.get(cpu) ?? 0) + count);
  }
  return [...counts].map(([cpu, count]) => ({ cpu, kind: 'requests', count }));
}

/** Drops of speculations, which belong to no CPU where they are reported. */
const lostSpeculations = (drops: SpeculationDrops | undefined): DropCount[] =>
  Object.entries(drops ?? {}).flatMap(([kind, count]) => sessionDrops(kind as keyof SpeculationDrops, count));

/** Assignments that found no clean element of an array, while others were still to be cleaned. */
function dynamicDrops(arrays: readonly MappedMemory[]): readonly DropCount[] {
  const sum = (offset: number): number =>
    arrays.reduce((total, { u64 }) => total + Number(Atomics.load(u64, offset / 8)), 0);
  return [
    ...sessionDrops('dirtyDrops', sum(dynamicHeader.dirtyDrops)),
    ...sessionDrops('rinsingDrops', sum(dynamicHeader.rinsingDrops)),
  ];
}
