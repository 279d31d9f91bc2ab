/** What the generators of one program's parts share. */

import { helperNumber } from '../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  alu32,
  callHelper,
  exit,
  jump,
  jumpIf,
  load,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../bpf/instruction.js';
import type { DifProgram } from '../dif.js';
import type { Span } from '../source.js';
import { placeOf } from '../source.js';
import type { Emitter } from './emitter.js';
import {
  contextArea,
  controlBlock,
  controlWords,
  type FaultKind,
  faultKinds,
  type RuntimeShape,
} from './memory/layout.js';
import { type MemoryLayout, mapNames } from './memory/memory.js';
import type { TargetKernel } from './target.js';

/** A program under construction. In its clause functions r9 points to the context area. */
export interface Unit {
  readonly emitter: Emitter;
  readonly program: DifProgram;
  readonly memory: MemoryLayout;
  readonly kernel: TargetKernel;
  /** The tracepoint that the site is attached to, if it is one. */
  readonly tracepoint: string | undefined;
  /** The probes of the site fire by a clock of their own, not because of anything that happens. */
  readonly spontaneous: boolean;
}

/** The register that holds the context area in every generated function but the entry. */
export const contextRegister: Register = 'r9';

/** Says that what follows comes from `span` of the D text. */
export function emitPosition(unit: Unit, span: Span): void {
  const place = placeOf(span.source, span.start);
  unit.emitter.emit({ kind: 'position', position: { file: span.source.name, ...place } });
}

/** Sets r9 to the context area with the number in r1 (slot × levels + level). Goes to `outside` if there is none. */
export function contextFromIndex(shape: RuntimeShape, contextSize: number, outside: string): readonly AssemblyItem[] {
  return [
    jumpIf('ge', 'r1', shape.slots * shape.levels, outside),
    alu('mul', 'r1', contextSize),
    loadMapValue(contextRegister, mapNames.context),
    alu('add', contextRegister, 'r1'),
  ];
}

/** Sets `to` to the slot of the firing, bounded so that the verifier sees it. */
export function slotOf(shape: RuntimeShape, to: Register): readonly AssemblyItem[] {
  return [load(8, to, contextRegister, contextArea.slot), alu('and', to, shape.slots - 1)];
}

/** Sets `to` to 0 or 1, the half of a resource that the firing works in; `shift` is its selector's. */
export function halfOf(shift: number, to: Register): readonly AssemblyItem[] {
  return [load(8, to, contextRegister, contextArea.control), alu('rsh', to, shift), alu('and', to, 1)];
}

/** Sets r0 to the current task, a pointer typed by BTF. Loses r1 to r5. */
export const currentTask = (): AssemblyItem => callHelper(helperNumber.getCurrentTaskBtf);

/**
 * Offsets in the frame of a site's entry and of clause functions, which share the layout so that a clause can stand in
 * either. Providers have the bytes from `provider` down to `providerEnd`.
 */
export const frame = {
  level: -8,
  provider: -16,
  providerEnd: -48,
  /** The control block, while r8 is a clause's. */
  block: -56,
  /** The row of the probe, while r7 is a clause's. */
  row: -64,
  /** The reserved record. */
  record: -72,
  /** The current task. */
  task: -80,
  /** The argument of an aggregation, while its entry is looked for. */
  argument: -88,
  /** The number, less 1, of the speculation that the clause records into. */
  speculation: -96,
} as const;

/** Asks for the current task once a clause, or once a firing: the call costs more than all else that pid needs. */
export const keepTask = (): readonly AssemblyItem[] => [currentTask(), store(8, 'r10', frame.task, 'r0')];

/** Sets `to` to the current task as kept. */
export const taskPointer = (to: Register): AssemblyItem => load(8, to, 'r10', frame.task);

/** Sets `to` to a `size`-byte member of the current task's structure, by a dotted path. Loses r0. */
export function taskField(unit: Unit, to: Register, path: string, size: 1 | 2 | 4 | 8): readonly AssemblyItem[] {
  return [taskPointer('r0'), load(size, to, 'r0', unit.kernel.fieldOffset('task_struct', path))];
}

/** How a piece of code stands in a program: as a function of its own, or in the middle of its only caller. */
export type Form = { readonly kind: 'function' } | { readonly kind: 'inline'; readonly returned: string };

/** Ends a piece of code with its result in r0. */
export const emitReturn = (unit: Unit, form: Form): void =>
  unit.emitter.emit(form.kind === 'function' ? exit() : jump(form.returned));

/** Sign-extends the lower 32 bits of `register`, without the instruction that needs Linux 6.6. */
export function signExtend(register: Register, bits: 8 | 16 | 32): readonly AssemblyItem[] {
  return [alu('lsh', register, 64 - bits), alu('arsh', register, 64 - bits)];
}

/** Zero-extends the lower `bits` of `register`. */
export function zeroExtend(register: Register, bits: 8 | 16 | 32): readonly AssemblyItem[] {
  return bits === 32 ? [alu32('mov', register, register)] : [alu('and', register, bits === 8 ? 0xff : 0xffff)];
}

/** How code inside a clause reports a fault: where to go on, and which action it stands in. */
export interface FaultSite {
  /** EPID of the clause. */
  readonly epid: number;
  /** 0 for the predicate, otherwise the number of the statement from 1. */
  readonly action: number;
  /** Label that ends the clause; the fault is already written to the context area. */
  readonly abort: string;
}

/** Makes the out-of-line code that records a fault at the next instruction; gives the label to jump to. `value` is a register or 0. */
export function faultLabel(unit: Unit, site: FaultSite, kind: FaultKind, value: Register | number): string {
  const name = unit.emitter.fresh('fault');
  const here = unit.emitter.fresh('at');
  unit.emitter.place(here);
  const at = contextArea.fault;
  unit.emitter.later([
    { kind: 'label', name },
    store(8, contextRegister, at + 32, value),
    store(8, contextRegister, at, site.epid),
    store(8, contextRegister, at + 8, site.action),
    { kind: 'load-label-address', dst: 'r0', target: here },
    store(8, contextRegister, at + 16, 'r0'),
    store(8, contextRegister, at + 24, faultKinds[kind]),
    jump(site.abort),
  ]);
  return name;
}

/** Adds 1 to a counter of the slot's control block, atomically. Loses r0, r1 and r2. */
export function countInBlock(unit: Unit, offset: number): readonly AssemblyItem[] {
  return [
    ...slotOf(unit.memory.shape, 'r1'),
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r2', mapNames.control, controlWords.blocks + offset),
    alu('add', 'r2', 'r1'),
    move('r0', 1),
    { kind: 'atomic', operation: 'add', size: 8, base: 'r2', offset: 0, src: 'r0' },
  ];
}
