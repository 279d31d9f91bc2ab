/** An exploration as JSON: names that programs may rely on. */

import type { Exploration, TraceEntry } from '../exploration.js';
import type { Rule } from '../model/step.js';

/** One transition. */
export type JsonTraceEntry = Pick<TraceEntry, 'cpu' | 'frame' | 'step' | 'reads' | 'writes'>;

/** What `xcall explore --json` prints. */
export interface ExplorationJson
  extends Pick<
    Exploration,
    | 'mechanism'
    | 'cpus'
    | 'options'
    | 'memory'
    | 'verdict'
    | 'property'
    | 'properties'
    | 'states'
    | 'transitions'
    | 'depth'
    | 'seconds'
    | 'explanation'
  > {
  /** Of a deadlock `total` or `partial`, otherwise null. */
  readonly scope: 'total' | 'partial' | null;
  readonly contract: readonly { readonly rule: Rule; readonly cpu: number; readonly step: string }[];
  readonly trace: readonly JsonTraceEntry[];
  readonly cycle: readonly JsonTraceEntry[];
}

/** Plain data for `JSON.stringify`. */
export function explorationJson(exploration: Exploration): ExplorationJson {
  const { mechanism, cpus, options, memory, verdict, scope = null, property, properties } = exploration;
  const { contract, states, transitions, depth, seconds, trace, cycle, explanation } = exploration;
  return {
    mechanism,
    cpus,
    options,
    memory,
    verdict,
    scope,
    property,
    properties,
    contract: contract.map(({ rule, cpu, step }) => ({ rule, cpu, step })),
    states,
    transitions,
    depth,
    seconds,
    explanation,
    trace: trace.map(jsonEntry),
    cycle: cycle.map(jsonEntry),
  };
}

/** The part of an entry that programs are told. */
export const jsonEntry = ({ cpu, frame, step, reads, writes }: TraceEntry): JsonTraceEntry => ({
  cpu,
  frame,
  step,
  reads,
  writes,
});
