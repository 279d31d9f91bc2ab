/** What dtrace says on standard error while it traces: faults and drops. */

import { type FaultKind, faultKinds } from '../d/codegen/memory/layout.js';
import { type Probe, probeText } from '../providers/probe.js';
import type { CpuArrival } from '../session/hotplug.js';
import type { TickCount } from '../session/ticks.js';
import type { FaultRecord } from './record.js';

/** Kinds of drop, by the tag that `-x droptags` shows. */
const dropTags = {
  principal: 'DTRACEDROP_PRINCIPAL',
  aggregation: 'DTRACEDROP_AGGREGATION',
  dynamic: 'DTRACEDROP_DYNAMIC',
  dirty: 'DTRACEDROP_DYNDIRTY',
  rinsing: 'DTRACEDROP_DYNRINSE',
  error: 'DTRACEDROP_DBLERROR',
  nesting: 'DTRACEDROP_NESTING',
  recursion: 'DTRACEDROP_RECURSION',
  slotless: 'DTRACEDROP_HOTPLUG',
  stack: 'DTRACEDROP_STACK',
  request: 'DTRACEDROP_REQUEST',
  speculative: 'DTRACEDROP_SPEC',
  speculationBusy: 'DTRACEDROP_SPECBUSY',
  speculationUnavailable: 'DTRACEDROP_SPECUNAVAIL',
  tick: 'DTRACEDROP_TICK',
} as const;

/** A kind of drop. */
export type DropKind = keyof typeof dropTags;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `count` drops in words; `cpu` where they belong to one. */
export function dropText(kind: DropKind, count: number, cpu: number | undefined): string {
  const where = cpu === undefined ? '' : ` on CPU ${cpu}`;
  const text: Readonly<Record<DropKind, string>> = {
    principal: `${plural(count, 'drop')}${where}`,
    aggregation: `${plural(count, 'aggregation drop')}${where}`,
    dynamic: plural(count, 'dynamic variable drop'),
    dirty: `${plural(count, 'dynamic variable drop')} with non-empty dirty list`,
    rinsing: `${plural(count, 'dynamic variable drop')} with non-empty rinsing list`,
    error: `${plural(count, 'error')} in ERROR probe enabling`,
    nesting: `${plural(count, 'drop')}${where} of probes nested too deep`,
    recursion: `${plural(count, 'drop')} of probes that interrupted themselves`,
    slotless: `${plural(count, 'drop')} on CPUs that came online while tracing`,
    stack: `${plural(count, 'stack')} that could not be read`,
    request: `${plural(count, 'sync request drop')}${where}`,
    speculative: plural(count, 'speculative drop'),
    speculationBusy: `${plural(count, 'failed speculation')} (available buffer${count === 1 ? '' : 's'} still busy)`,
    speculationUnavailable: `${plural(count, 'failed speculation')} (no speculative buffer available)`,
    tick: `${plural(count, 'tick')} lost${where}`,
  };
  return text[kind];
}

/** The message for `count` drops, without a newline; `cpu` where they belong to one. */
export const dropMessage = (kind: DropKind, count: number, cpu: number | undefined, tags: boolean): string =>
  `dtrace: ${tags ? `[${dropTags[kind]}] ` : ''}${dropText(kind, count, cpu)}`;

/** The message for ticks that did not come, undefined where all did. */
export function tickMessage(ticks: TickCount, probe: Probe, tags: boolean): string | undefined {
  // A timer that is stopped between two ticks is due one that it need not have.
  const missed = ticks.missed > 1 ? ticks.missed : 0;
  const lost = ticks.late + missed;
  if (lost === 0) return undefined;
  const causes = [
    ...(ticks.late > 0 ? [`${ticks.late} late by whole periods`] : []),
    ...(missed > 0 ? [`${missed} not delivered`] : []),
  ];
  return `${dropMessage('tick', lost, ticks.cpu, tags)} by ${probe.name}: ${causes.join(', ')} of ${ticks.expected}`;
}

/** The message for a CPU that came online, undefined where nothing of it was lost beside what drops tell. */
export function arrivalMessage({ cpu, hasSlot, gap }: CpuArrival): string | undefined {
  if (!hasSlot)
    return `dtrace: CPU ${cpu} came online while tracing: there are no buffers for it, its probes are dropped`;
  if (gap === 0) return undefined;
  return `dtrace: CPU ${cpu} came online while tracing: timers did not run there for up to ${Math.ceil(gap / 1e6)} ms`;
}

const kindNames = new Map<number, FaultKind>(
  Object.entries(faultKinds).map(([name, number]) => [number, name as FaultKind]),
);

/** The message for a fault: which enabling, why, and where in it. */
export function faultMessage(fault: FaultRecord, probe: Probe): string {
  const kind = kindNames.get(fault.kind) ?? 'unknown fault';
  const reason = kind === 'invalid address' ? `${kind} (0x${fault.value.toString(16)})` : kind;
  const place = fault.action === 0 ? 'in predicate' : `in action #${fault.action}`;
  return `dtrace: error on enabled probe ID ${fault.epid} (ID ${probe.id}: ${probeText(probe)}): ${reason} ${place} at BPF pc ${fault.pc}`;
}
