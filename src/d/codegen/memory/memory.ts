/**
 * Places for everything that a D program keeps: its variables, the tuples of keys, the names of probes.
 *
 * Takes a compiled program, gives offsets; generation and the session both read them, the one to address the memory,
 * the other to make the maps.
 */

import type { MapSpec } from '../../../bpf/spec.js';
import { clauseDifos, hasSpeculations } from '../../dif/actions.js';
import { sizeOf } from '../../dif/type.js';
import type { BuiltinVariable, DifClause, DifProgram, DifType, DifVariable } from '../../dif.js';
import { allocateRegisters } from '../expression/registers.js';
import { checkMemory } from '../limits.js';
import { stringSpace } from '../strings.js';
import { type AggregationLayout, layoutAggregations } from './aggregation-layout.js';
import { type DynamicLayout, dynamicMap, layoutDynamic } from './dynamic-layout.js';
import { contextArea, ownFrames, type RuntimeShape, walkedFrames } from './layout.js';

/** The names of the maps; specs and instructions use them. */
export const mapNames = {
  control: 'control',
  slots: 'slots',
  principal: 'principal',
  aggregations: 'aggregations',
  context: 'context',
  probes: 'probes',
  globals: 'globals',
  thread: 'thread',
  mailbox: 'mailbox',
  doorbell: 'doorbell',
  speculations: 'speculations',
  speculative: 'speculative',
  associative: (id: number): string => `assoc_${id}`,
  elements: (id: number): string => `elements_${id}`,
} as const;

/** The builtin variables that name the probe, with the bytes of each name in the row of the probe. */
export type NameVariable = 'probeprov' | 'probemod' | 'probefunc' | 'probename';

const nameVariables: readonly NameVariable[] = ['probeprov', 'probemod', 'probefunc', 'probename'];

/** Where an associative array's elements are. */
export interface AssociativeLayout {
  readonly variable: DifVariable;
  /** The hash map from tuples to the numbers of elements. */
  readonly map: string;
  readonly dynamic: DynamicLayout;
  /** Bytes of the key: 8 for an integer, the space of a string; the thread's number first if the array is a thread's. */
  readonly keySize: number;
  readonly valueSize: number;
}

/** The memory of a program. */
export interface MemoryLayout {
  readonly shape: RuntimeShape;
  /** Offset of each scalar by variable id: in `globals`, in the thread's storage, in the context area. */
  readonly scalars: ReadonlyMap<number, number>;
  readonly associative: ReadonlyMap<number, AssociativeLayout>;
  readonly globalSize: number;
  readonly threadSize: number;
  /** Offset of the thread's number in its storage; undefined where it has no arrays. */
  readonly threadNumber: number | undefined;
  /** First byte and bytes of the clause-local variables in the context area, zeroed when a firing begins. */
  readonly clauseStart: number;
  readonly clauseSize: number;
  /** Offsets in the context area of the tuple of an aggregation, of an array, and of eight bytes to read into. */
  readonly aggregationKey: number;
  readonly associativeKey: number;
  readonly scratch: number;
  /** Offset of an element on its way into an array. */
  readonly elementValue: number;
  /** Offset of the words that caller, stackdepth and arguments of probes walk the stack into. */
  readonly stackScratch: number;
  /** Where the registers of DIFOs may start. */
  readonly registers: number;
  /** Bytes of a context area. */
  readonly contextSize: number;
  readonly aggregations: AggregationLayout;
  /** Which names of probes the program reads, their offset in a row, and the bytes of a row. */
  readonly names: ReadonlyMap<NameVariable, { readonly offset: number; readonly space: number }>;
  readonly rowSize: number;
  /** Rows: one for each enabled probe. */
  readonly rows: number;
  /** The row of dtrace:::ERROR. */
  readonly errorRow: number;
  /** 64-bit words of clause bits in a row. */
  readonly clauseWords: number;
  /** Whether the program asks for syncs, or whether they are complete. */
  readonly mailbox: boolean;
  /** Whether the program has speculations. */
  readonly speculations: boolean;
  /** Builtin variables that the program reads. */
  readonly builtins: ReadonlySet<BuiltinVariable>;
}

/** What the layout has to know of the enabled probes. */
export interface ProbeNames {
  /** How many there are, each with a row. */
  readonly rows: number;
  /** Which row is that of dtrace:::ERROR. */
  readonly errorRow: number;
  /** Bytes that the longest of their names needs, the NUL included. */
  nameSpace(variable: NameVariable): number;
  /** Frames that an argument of one of them walks at most, the tracer's own left out. */
  readonly walkedFrames: number;
}

/** Bytes that a value takes up in a variable or a key. */
export const valueSpace = (type: DifType): number => (type.kind === 'integer' ? 8 : stringSpace(sizeOf(type)));

/** Lays out the memory of `program` for the probes that are enabled. Throws CompileError beyond the limits (limits.ts). */
export function layoutMemory(program: DifProgram, shape: RuntimeShape, probes: ProbeNames): MemoryLayout {
  const difos = program.clauses.flatMap(clauseDifos);
  const builtins = new Set(
    difos.flatMap((difo) => difo.instructions.flatMap((i) => (i.op === 'builtin' ? [i.variable] : []))),
  );

  const scalars = new Map<number, number>();
  const associative = new Map<number, AssociativeLayout>();
  const clauseStart = contextArea.fixed;
  const sizes = { global: 0, thread: 0, clause: 0 };
  for (const variable of program.variables) {
    if (variable.keys !== undefined) {
      const tuple = variable.keys.reduce((sum, key) => sum + valueSpace(key), variable.scope === 'thread' ? 8 : 0);
      const element = { keySize: tuple, valueSize: valueSpace(variable.type) };
      associative.set(variable.id, {
        variable,
        map: mapNames.associative(variable.id),
        ...element,
        dynamic: layoutDynamic(mapNames.elements(variable.id), element, elementsThatFit(element, shape), shape),
      });
      continue;
    }
    scalars.set(variable.id, sizes[variable.scope] + (variable.scope === 'clause' ? clauseStart : 0));
    sizes[variable.scope] += valueSpace(variable.type);
  }

  const threadArrays = program.variables.some(({ scope, keys }) => scope === 'thread' && keys !== undefined);
  const threadNumber = threadArrays ? sizes.thread : undefined;
  const threadSize = sizes.thread + (threadArrays ? 8 : 0);
  const scratch = clauseStart + sizes.clause;
  const associativeKey = scratch + 8;
  const arrays = [...associative.values()];
  // The translation of pids keeps a pointer where a tuple may lie.
  const elementValue = associativeKey + Math.max(8, ...arrays.map((array) => array.keySize));
  const aggregationKey = elementValue + Math.max(0, ...arrays.map((array) => array.valueSize));
  const aggregations = layoutAggregations(program.aggregations, shape);
  const stackScratch = aggregationKey + Math.max(0, ...aggregations.tables.map((table) => table.keySize));
  const walked = (['caller', 'stackdepth'] as const).filter((variable) => builtins.has(variable));
  const frames = Math.max(probes.walkedFrames, ...walked.map((variable) => walkedFrames[variable]));
  const registers = stackScratch + (frames === 0 ? 0 : 8 * (frames + ownFrames));
  const contextOf = (clause: DifClause): number =>
    Math.max(registers, ...clauseDifos(clause).map((difo) => allocateRegisters(difo, registers).end));
  const contextSize = Math.max(registers, ...program.clauses.map(contextOf));
  checkMemory(program, { threadSize, aggregations }, shape, contextOf);

  const names = new Map<NameVariable, { offset: number; space: number }>();
  const clauseWords = Math.ceil(program.clauses.length / 64);
  let rowSize = 8 + 8 * clauseWords;
  for (const variable of nameVariables) {
    if (!builtins.has(variable)) continue;
    const space = stringSpace(probes.nameSpace(variable));
    names.set(variable, { offset: rowSize, space });
    rowSize += space;
  }
  return {
    shape,
    scalars,
    associative,
    globalSize: sizes.global,
    threadSize,
    threadNumber,
    clauseStart,
    clauseSize: sizes.clause,
    aggregationKey,
    associativeKey,
    scratch,
    elementValue,
    stackScratch,
    registers,
    // Whole cache lines, so that levels and CPUs do not share one.
    contextSize: (contextSize + 63) & ~63,
    aggregations,
    names,
    rowSize,
    rows: probes.rows,
    errorRow: probes.errorRow,
    clauseWords,
    mailbox: difos.some((difo) => difo.instructions.some(({ op }) => op === 'sync' || op === 'synced')),
    speculations: hasSpeculations(program),
    builtins,
  };
}

/** Bytes of a key and value that `RuntimeShape.dynamicEntries` reckons with. */
const usualElement = 64;

/** Elements of an array: the kernel takes the memory of all of them at once, so large ones are fewer. */
function elementsThatFit(
  { keySize, valueSize }: Pick<AssociativeLayout, 'keySize' | 'valueSize'>,
  { dynamicEntries }: RuntimeShape,
): number {
  const budget = dynamicEntries * usualElement;
  return Math.min(dynamicEntries, Math.max(16, Math.floor(budget / (keySize + valueSize))));
}

/** The maps that hold the variables of a program. */
export function variableMaps(layout: MemoryLayout): readonly MapSpec[] {
  const maps: MapSpec[] = [];
  if (layout.globalSize > 0) {
    maps.push({ name: mapNames.globals, type: 'array', keySize: 4, valueSize: layout.globalSize, maxEntries: 1 });
  }
  if (layout.threadSize > 0) {
    maps.push({ name: mapNames.thread, type: 'task-storage', keySize: 4, valueSize: layout.threadSize, maxEntries: 0 });
  }
  for (const array of layout.associative.values()) {
    const { map, keySize, dynamic } = array;
    maps.push({ name: map, type: 'hash', keySize, valueSize: 8, maxEntries: dynamic.capacity }, dynamicMap(dynamic));
  }
  return maps;
}
