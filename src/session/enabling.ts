/**
 * Enablings: which probes a program's clauses are bound to, and the sites that follow from it.
 *
 * Takes a compiled program and the registry; gives plain data, with no kernel object made yet: rows for the enabled
 * probes, the memory layout, a generated program for each site and every map. A clause bound to a probe is what DTrace
 * calls an ECB.
 */

import type { MapSpec, ProgramSpec } from '../bpf/spec.js';
import { probeRow, type RuntimeShape } from '../d/codegen/memory/layout.js';
import { mailboxMaps } from '../d/codegen/memory/mailbox-layout.js';
import {
  layoutMemory,
  type MemoryLayout,
  mapNames,
  type NameVariable,
  variableMaps,
} from '../d/codegen/memory/memory.js';
import { largestCommit, speculationMaps } from '../d/codegen/memory/speculation-layout.js';
import { generateSite } from '../d/codegen/site.js';
import { stringSpace } from '../d/codegen/strings.js';
import type { TargetKernel } from '../d/codegen/target.js';
import { hasSpeculations } from '../d/dif/actions.js';
import type { DifProgram } from '../d/dif.js';
import type { Probe } from '../providers/probe.js';
import type { EnabledProbe, InterruptClass, SitePlan } from '../providers/provider.js';
import type { ProbeRegistry } from '../providers/registry.js';
import type { Nesting } from './shape.js';

/** A site with its generated program. */
export interface EnabledSite {
  readonly plan: SitePlan;
  readonly spec: ProgramSpec;
}

/** Everything that a session needs to come into being. */
export interface Enabling {
  readonly program: DifProgram;
  /** The enabled probes; a probe's index is its row. */
  readonly probes: readonly Probe[];
  readonly memory: MemoryLayout;
  readonly sites: readonly EnabledSite[];
  readonly maps: readonly MapSpec[];
}

const errorProbe = (probe: Probe): boolean => probe.provider === 'dtrace' && probe.name === 'ERROR';

/** Plans the enabling of `program`; `shapeFor` gives the sizes for a way of nesting. */
export function planEnabling(
  program: DifProgram,
  registry: ProbeRegistry,
  kernel: TargetKernel,
  shapeFor: (nesting: Nesting) => RuntimeShape,
): Enabling {
  const clausesOf = new Map<number, number[]>();
  for (const [index, clause] of program.clauses.entries()) {
    const matched = new Set(clause.probes.flatMap((description) => registry.match(description).map(({ id }) => id)));
    for (const id of matched) clausesOf.set(id, [...(clausesOf.get(id) ?? []), index]);
  }
  // ERROR has a row even when no clause names it, for the built-in one.
  const error = registry.match({ provider: 'dtrace', module: '', function: '', name: 'ERROR' })[0];
  const ids = new Set([...clausesOf.keys(), ...(error === undefined ? [] : [error.id])]);
  const probes = [...ids].sort((a, b) => a - b).flatMap((id) => registry.byId(id) ?? []);
  const enabled = probes.map((probe, row): EnabledProbe => ({ probe, row }));
  const errorRow = probes.findIndex(errorProbe);

  const plans = registry.providers.flatMap((provider) =>
    provider.plan(
      enabled.filter(({ probe }) => probe.provider === provider.name && (clausesOf.get(probe.id)?.length ?? 0) > 0),
    ),
  );
  const shape = shapeFor(nestingOf(plans, kernel, hasSpeculations(program)));

  const memory = layoutMemory(program, shape, {
    rows: probes.length,
    errorRow,
    nameSpace: (variable) => Math.max(...probes.map((probe) => Buffer.byteLength(nameOf(probe, variable)) + 1)),
    walkedFrames: Math.max(0, ...plans.map((plan) => plan.walkedFrames ?? 0)),
  });
  const errorClauses = clausesOf.get(error?.id ?? 0) ?? [];
  const sites = plans
    .filter((plan) => plan.attachment.kind !== 'error')
    .map((plan): EnabledSite => {
      const siteProbes = plan.probes.map(({ probe, row }) => ({
        row,
        id: probe.id,
        clauses: clausesOf.get(probe.id) ?? [],
      }));
      // Only timers fire whatever the machine does.
      const spontaneous = plan.attachment.kind === 'timers';
      const site = { ...plan, probes: siteProbes, errorClauses, spontaneous };
      return { plan, spec: generateSite(site, program, memory, kernel) };
    });
  return {
    program,
    probes,
    memory,
    sites,
    maps: [
      ...sessionMaps(memory, probes, clausesOf),
      ...variableMaps(memory),
      ...mailboxMaps(shape),
      ...(memory.speculations ? speculationMaps(shape) : []),
      ...plans.flatMap((plan) => plan.maps(shape.slots)),
    ],
  };
}

/** Contexts from the outermost to the innermost; each can interrupt those before it, none can interrupt itself. */
const interruptOrder: readonly InterruptClass[] = ['task', 'softirq', 'hardirq', 'nmi'];

/** Levels where tasks can be preempted inside a firing: more of them at once on a CPU are counted drops. */
const preemptibleLevels = 8;

/** `cleaned`: the cleaner of speculations interrupts other CPUs, but stands in the way of probes on its own as a task does. */
function nestingOf(plans: readonly SitePlan[], kernel: TargetKernel, cleaned: boolean): Nesting {
  const attached = plans.filter((plan) => plan.attachment.kind === 'typed-raw-tracepoint');
  if (attached.some((plan) => plan.interrupts.includes('task')) && kernel.preemptibleTracepoints) {
    return { levels: preemptibleLevels, preemptible: true };
  }
  const taken = (one: InterruptClass): boolean =>
    plans.some((plan) => plan.interrupts.includes(one)) || (one === 'task' && cleaned);
  const classes = interruptOrder.filter(taken).length;
  return { levels: 2 ** Math.ceil(Math.log2(Math.max(1, classes))), preemptible: false };
}

/** The name of a probe that a builtin variable gives. */
export function nameOf(probe: Probe, variable: NameVariable): string {
  switch (variable) {
    case 'probeprov':
      return probe.provider;
    case 'probemod':
      return probe.module;
    case 'probefunc':
      return probe.function;
    case 'probename':
      return probe.name;
  }
}

function sessionMaps(
  memory: MemoryLayout,
  probes: readonly Probe[],
  clausesOf: ReadonlyMap<number, readonly number[]>,
): readonly MapSpec[] {
  const { shape, aggregations } = memory;
  const array = (name: string, valueSize: number, mapped: boolean): MapSpec => ({
    name,
    type: 'array',
    keySize: 4,
    valueSize,
    maxEntries: 1,
    mapped,
  });
  const areas = 2 * shape.slots * shape.levels;
  return [
    // Behind the last buffer as much as commit() copies at most: the verifier does not see that it ends before.
    array(
      mapNames.principal,
      2 * shape.slots * shape.bufferSize + (memory.speculations ? largestCommit(shape) : 0),
      true,
    ),
    array(mapNames.context, shape.slots * shape.levels * memory.contextSize, false),
    ...(aggregations.areaSize > 0 ? [array(mapNames.aggregations, areas * aggregations.areaSize, true)] : []),
    { ...array(mapNames.probes, probes.length * memory.rowSize, false), contents: probeRows(), frozen: true },
  ];

  function probeRows(): Uint8Array {
    const contents = new Uint8Array(probes.length * memory.rowSize);
    const view = new DataView(contents.buffer);
    for (const [row, probe] of probes.entries()) {
      const at = row * memory.rowSize;
      view.setBigUint64(at + probeRow.id, BigInt(probe.id), true);
      for (const clause of clausesOf.get(probe.id) ?? []) {
        const byte = at + probeRow.clauses + Math.floor(clause / 8);
        contents[byte] = (contents[byte] ?? 0) | (1 << (clause % 8));
      }
      for (const [variable, { offset, space }] of memory.names) {
        const name = new TextEncoder().encode(nameOf(probe, variable));
        contents.set(name.subarray(0, stringSpace(space) - 1), at + offset);
      }
    }
    return contents;
  }
}
