/**
 * Associative arrays where firings meet: another firing, of an interrupt or of another CPU, at each stop of the first
 * one, which frees, takes and assigns the elements that it is at. Whatever they leave, each tuple has its own value, and
 * each element is in one place.
 */

import { describe, expect, it } from 'vitest';
import { assemble } from '../../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  cloneMemory,
  cloneState,
  createMachineState,
  createSharedMemory,
  type LinkedProgram,
  linkProgram,
  type MachineState,
  mapEntries,
  run,
  type SharedMemory,
  step,
} from '../../../../src/bpf/interpreter/index.js';
import { valueOffset } from '../../../../src/d/codegen/dynamic/array.js';
import { dynamicElement, dynamicHeader, dynamicRing, ringAt } from '../../../../src/d/codegen/memory/dynamic-layout.js';
import { mapNames } from '../../../../src/d/codegen/memory/memory.js';
import { dtraceProvider } from '../../../../src/providers/dtrace.js';
import { controlOf } from '../../../../src/session/control.js';
import { takeHalf } from '../../../../src/session/principal.js';
import { createCleaner } from '../../../../src/xcall/mailbox/cleaner.js';
import { atomicWords } from '../../../../src/xcall/mailbox/words.js';
import { environmentOf, sessionMaps, type Task, taskRegions, viewsOf } from '../backend.js';
import { compile } from '../compile.js';
import { fixedKernel } from '../fixed-kernel.js';
import { readRecords } from '../outcome.js';
import { calls, timers } from '../simple-provider.js';

const task: Task = { pid: 77, tid: 78, ppid: 1, uid: 0, gid: 0, execname: 'victim' };

/** One CPU with an array of three elements, `long a[long]`: `first` is a task's clause, `second` an interrupt's, `before` has run. */
function prepare(first: string, second: string, before = 'i = 1') {
  const text = `long a[long]; syscall::read:entry { ${first} } profile:::tick-1s { ${second} }
    syscall::write:entry { ${before} } syscall::openat:entry { a[3] = 3 }`;
  const shape = { slots: 1, cpus: 1, levels: 2, bufferSize: 256, aggregationSize: 16, dynamicEntries: 3 };
  const enabling = compile(text, {
    kernel: fixedKernel,
    stringSize: 16,
    shape,
    providers: [dtraceProvider, calls, timers],
  });
  const maps = [...enabling.maps, ...sessionMaps(enabling.memory.shape, [0])];
  const memory = createSharedMemory({ maps, regions: taskRegions(fixedKernel, task) });
  controlOf(viewsOf(arrayBytes(memory, mapNames.control))).setActivity('active');
  const programs = new Map(
    enabling.sites.map(({ plan, spec }) => [plan.name, linkProgram(assemble(spec.items), maps)]),
  );
  const array = enabling.memory.associative.get(0) ?? expect.unreachable('there is an array');
  const { dynamic } = array;
  const words = (of: SharedMemory) => {
    const bytes = arrayBytes(of, dynamic.map);
    return atomicWords(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
  };
  const start = (site: string, fn: string): { readonly program: LinkedProgram; readonly state: MachineState } => {
    const program = programs.get(site) ?? expect.unreachable(site);
    const row = enabling.probes.findIndex(
      ({ name, function: own }) => site.endsWith(name.replaceAll('-', '_')) && own === fn,
    );
    const context = [BigInt(row), 0n, 0n, 0n, 0n, 0n, 0n];
    return { program, state: createMachineState(program, { context, environment: environmentOf(task) }) };
  };
  finish(start('syscall_entry', 'write'), memory);
  return {
    memory,
    task: () => start('syscall_entry', 'read'),
    interrupt: () => start('profile_tick_1s', ''),
    /** `a[3] = 3`. */
    third: () => start('syscall_entry', 'openat'),
    /** What a cleaner does that has its sync made by `sync`. */
    clean: (of: SharedMemory, sync = () => {}) => createCleaner([{ layout: dynamic, words: words(of) }]).clean(sync),
    /** Elements as `a[tuple] = value`, where the numbers of all elements are, and what was recorded and dropped. */
    collect: (of: SharedMemory) => {
      const all = words(of);
      const element = (number: bigint): number => dynamic.elements + Number(number) * dynamic.elementSize;
      const linked = mapEntries(of, array.map).map(({ key, values }) => ({
        tuple: new DataView(key.buffer, key.byteOffset).getBigInt64(0, true),
        number: new DataView((values[0] ?? key).buffer, values[0]?.byteOffset).getBigUint64(0, true),
      }));
      const ring = ringAt(dynamic, 0);
      const [head, tail] = [all.load(ring + dynamicRing.head), all.load(ring + dynamicRing.tail)];
      const free = Array.from({ length: Number(tail - head) }, (_, index) => {
        const place = ring + dynamicRing.cells + 8 * (Number(head + BigInt(index)) % dynamic.ringCapacity);
        return all.load(place) & 0xffff_ffffn;
      });
      const control = controlOf(viewsOf(arrayBytes(of, mapNames.control)));
      const batch = takeHalf(viewsOf(arrayBytes(of, mapNames.principal)), control, enabling.memory.shape, 0, 0);
      return {
        elements: linked
          .map(({ tuple, number }) => {
            const at = element(number);
            expect(all.load(at + dynamicElement.key)).toBe(tuple);
            return `a[${tuple}] = ${all.load(at + valueOffset(array))}`;
          })
          .filter((text) => !text.endsWith('= 0'))
          .sort(),
        numbers: [...linked.map(({ number }) => number), ...free].map(Number).sort(),
        records: readRecords(enabling.program, batch.bytes).map(({ data }) =>
          Buffer.from(data, 'hex').readBigInt64LE(),
        ),
        drops: control.counter(0, 'dynamicDrops') + Number(all.load(dynamicHeader.dirtyDrops)),
      };
    },
  };
}

type Prepared = ReturnType<typeof prepare>;

function finish({ program, state }: ReturnType<Prepared['task']>, memory: SharedMemory): void {
  const end = run(program, state, memory);
  if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
}

/**
 * The kernel gives the memory of a removed hash entry to the next one at once: pointers to it see that one's value. Here
 * they see the number of the element that was made last.
 */
function reuse(memory: SharedMemory): void {
  for (const map of memory.maps) {
    if (map.kind !== 'hash') continue;
    const linked = [...map.entries.values()];
    const youngest = linked.at(-1);
    if (youngest === undefined) continue;
    for (const entry of map.slots.values()) if (!linked.includes(entry)) entry.bytes.set(youngest.bytes);
  }
}

/** Runs the task's firing, and at each of its stops, in a copy of everything, the interrupt's, then the rest. */
function everyMeeting(prepared: Prepared, after: (memory: SharedMemory) => void = () => {}): readonly string[] {
  const found = new Set<string>();
  const memory = cloneMemory(prepared.memory);
  const firing = prepared.task();
  for (;;) {
    const stop = step(firing.program, firing.state, memory);
    if (stop.kind === 'fault') throw new Error(stop.fault.message);
    const copy = cloneMemory(memory);
    const rest = { program: firing.program, state: cloneState(firing.state) };
    finish(prepared.interrupt(), copy);
    reuse(copy);
    after(copy);
    if (stop.kind !== 'exit') finish(rest, copy);
    const left = prepared.collect(copy);
    // No element is lost, and none is in two places.
    expect(left.numbers).toEqual([0, 1, 2]);
    const parts = [left.elements.join(', ') || 'nothing', ...left.records.map((value) => `read ${value}`)];
    found.add([...parts, ...(left.drops > 0 ? [`${left.drops} dropped`] : [])].join(', '));
    if (stop.kind === 'exit') return [...found].sort();
  }
}

describe('firings that meet at an array', () => {
  it.each<[string, string | undefined, string, string, readonly string[]]>([
    ['make the same element', undefined, 'a[1] = 7', 'a[1] = 8', ['a[1] = 7', 'a[1] = 8']],
    ['make two elements', undefined, 'a[1] = 7', 'a[2] = 8', ['a[1] = 7, a[2] = 8']],
    ['make an element and free it', undefined, 'a[1] = 7', 'a[1] = 8; a[1] = 0', ['a[1] = 7', 'nothing']],
    ['make and free, both', undefined, 'a[1] = 7; a[1] = 0', 'a[1] = 8; a[1] = 0', ['nothing']],
    ['assign to the same one', 'a[1] = 11', 'a[1] = 7', 'a[1] = 8', ['a[1] = 7', 'a[1] = 8']],
    ['free the same one', 'a[1] = 11', 'a[1] = 0', 'a[1] = 0', ['nothing']],
    ['free what is freed and made again', 'a[1] = 11', 'a[1] = 0', 'a[1] = 0; a[1] = 22', ['a[1] = 22', 'nothing']],
    ['free and assign', 'a[1] = 11', 'a[1] = 0', 'a[1] = 8', ['a[1] = 8', 'nothing']],
    ['free one and make another', 'a[1] = 11', 'a[1] = 9', 'a[1] = 0; a[2] = 22', ['a[1] = 9, a[2] = 22', 'a[2] = 22']],
    ['free one and make it again', 'a[1] = 11', 'a[1] = 9', 'a[1] = 0; a[1] = 22', ['a[1] = 22', 'a[1] = 9']],
    [
      'read what is freed',
      'a[1] = 11',
      'trace(a[1])',
      'a[1] = 0; a[2] = 22',
      ['a[2] = 22, read 0', 'a[2] = 22, read 11'],
    ],
    [
      'read what is freed and made again',
      'a[1] = 11',
      'trace(a[1])',
      'a[1] = 0; a[1] = 22',
      ['a[1] = 22, read 0', 'a[1] = 22, read 11', 'a[1] = 22, read 22'],
    ],
  ])('%s', (_what, before, first, second, allowed) => {
    const prepared = prepare(first, second, before);
    const left = everyMeeting(prepared);
    // Where two interrupt one another in the midst of a free what fails is a drop, and nothing else.
    expect(left.filter((each) => !each.includes('dropped'))).toEqual(allowed);
  });

  it('need the cleaner to wait for them: otherwise one assigns to what has become the element of another tuple', () => {
    const prepared = prepare('a[1] = 9', 'a[1] = 0; a[2] = 2', 'a[1] = 11; a[4] = 4');
    const hasty = everyMeeting(prepared, (memory) => {
      prepared.clean(memory);
      finish(prepared.third(), memory);
    });
    expect(hasty).toContain('a[2] = 2, a[3] = 9, a[4] = 4');
    const patient = everyMeeting(prepared, (memory) => finish(prepared.third(), memory));
    expect(patient.filter((each) => each.includes('a[3]'))).toEqual([]);
  });
});
