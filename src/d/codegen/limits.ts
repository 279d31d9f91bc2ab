/**
 * The bounds within which the kernel loads what is generated. Beyond them a program is refused here, with the place in
 * the D text, so that no verifier error reaches a user.
 *
 * - An access has a 16-bit offset: what lies in one area behind one pointer (a context area, a record, a thread's
 *   variables) ends below 32 KiB. A jump has one too: a function is at most 32 Ki instructions long, nearly.
 * - A program has at most 256 functions (BPF_MAX_SUBPROGS).
 * - The verifier follows at most a million instructions (BPF_COMPLEXITY_LIMIT_INSNS), every round of a loop anew and
 *   some paths more than once.
 * - It does not follow pointers further than 2^29 bytes into a map (BPF_MAX_VAR_OFF).
 */

import { slotCount } from '../../bpf/assembly/encode.js';
import type { AssemblyItem } from '../../bpf/instruction.js';
import { CompileError } from '../diagnostic.js';
import type { DifClause, DifProgram } from '../dif.js';
import type { Span } from '../source.js';
import type { AggregationLayout } from './memory/aggregation-layout.js';
import type { RuntimeShape } from './memory/layout.js';

/** Bytes that one pointer reaches. */
const reach = 32_768;

/** BPF_MAX_SUBPROGS. */
const maximumFunctions = 256;

/** Instructions for the verifier to follow, as reckoned here: within a tenth of what it does for large programs. */
const maximumWork = 900_000;

/** It looks at most of what stands outside loops once, where paths have met again twice. */
const looks = 2;

/** Associative arrays of a program: each has two maps, and the kernel allows a program 64 maps in all (MAX_USED_MAPS). */
const maximumArrays = 24;

/** Bytes of the map of aggregations. */
const maximumAggregations = 2 ** 28;

const tooLarge = (span: Span, message: string, hint: string): CompileError =>
  new CompileError({ tag: 'D_CG_SIZE', message, span, hint });

/** Checks the sizes of what the program keeps; `contextOf` gives the context area that a clause needs. Throws CompileError. */
export function checkMemory(
  program: DifProgram,
  memory: { readonly threadSize: number; readonly aggregations: AggregationLayout },
  shape: RuntimeShape,
  contextOf: (clause: DifClause) => number,
): void {
  const first = program.clauses[0];
  if (first === undefined) return;
  for (const clause of program.clauses) {
    if (clause.recordSize > reach) {
      const message = `the clause records ${clause.recordSize} bytes at a time, more than ${reach}`;
      throw tooLarge(clause.span, message, 'record in several clauses, or lower strsize');
    }
    if (contextOf(clause) > reach) {
      const message = `the clause's strings and variables need ${contextOf(clause)} bytes at a time, more than ${reach}`;
      throw tooLarge(clause.span, message, 'lower strsize, or split its expressions');
    }
  }
  const arrays = program.variables.filter(({ keys }) => keys !== undefined).length;
  if (arrays > maximumArrays) {
    const message = `the program has ${arrays} associative arrays, more than ${maximumArrays}`;
    throw tooLarge(first.span, message, 'use one array with one more key in the place of several');
  }
  if (memory.threadSize > reach) {
    const message = `the self-> variables of a thread need ${memory.threadSize} bytes, more than ${reach}`;
    throw tooLarge(first.span, message, 'lower strsize, or use fewer strings');
  }
  const aggregations = 2 * shape.slots * shape.levels * memory.aggregations.areaSize;
  if (aggregations > maximumAggregations) {
    const message = `the aggregations need ${aggregations} bytes, more than ${maximumAggregations}`;
    throw tooLarge(first.span, message, 'use fewer or shorter keys, or lower strsize');
  }
}

/** Checks the program of a site; `repeated` is the emitter's. Throws CompileError. */
export function checkSite(
  items: readonly AssemblyItem[],
  repeated: number,
  clauses: readonly DifClause[],
  nameOf: (clause: DifClause) => string,
): void {
  const { functions, slots } = measure(items);
  const first = clauses[0];
  if (first === undefined) return;
  if (functions.size > maximumFunctions) {
    const message = `${clauses.length} clauses and the aggregations that they use make ${functions.size} functions, more than ${maximumFunctions} for probes of one kind`;
    throw tooLarge(first.span, message, 'join clauses, or use fewer aggregations with keys');
  }
  for (const [name, longest] of functions) {
    if (longest < reach) continue;
    const clause = clauses.find((each) => nameOf(each) === name) ?? first;
    throw tooLarge(clause.span, 'the clause is too long for one function of the kernel', 'split it into several');
  }
  const work = looks * slots + repeated;
  if (work > maximumWork) {
    const message = `the kernel's verifier would have to follow some ${work} instructions, more than ${maximumWork}`;
    throw tooLarge(first.span, message, 'lower strsize, or use fewer strings, keys and statements');
  }
}

/** Slots that an item takes in the end: the verifier writes out divisions and some helpers, and jumps get longer. */
function slotsOf(item: AssemblyItem): number {
  switch (item.kind) {
    case 'label':
    case 'function':
    case 'position':
      return 0;
    case 'alu':
      return item.operation === 'div' || item.operation === 'mod' ? 5 : 1;
    case 'call-helper':
      return 6;
    default:
      return slotCount(item);
  }
}

/** The distance of the longest jump in each function, and the instructions in all. */
function measure(items: readonly AssemblyItem[]): { readonly functions: Map<string, number>; readonly slots: number } {
  const places = new Map<string, number>();
  let slots = 0;
  for (const item of items) {
    if (item.kind === 'label') places.set(item.name, slots);
    slots += slotsOf(item);
  }
  const functions = new Map<string, number>();
  let current = '';
  let at = 0;
  for (const item of items) {
    if (item.kind === 'function') {
      current = item.name;
      functions.set(current, 0);
    }
    if (item.kind === 'jump' || item.kind === 'jump-if') {
      const distance = Math.abs((places.get(item.target) ?? at) - at) + 1;
      functions.set(current, Math.max(functions.get(current) ?? 0, distance));
    }
    at += slotsOf(item);
  }
  return { functions, slots };
}
