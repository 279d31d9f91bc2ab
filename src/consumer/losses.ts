/** Losses: what the session counted since it was last asked, as dtrace's messages. */

import type { DropCount } from '../session/drops.js';
import type { Session } from '../session/session.js';
import { type DropKind, dropMessage, tickMessage } from './messages.js';

/** Reports losses once each. */
export interface LossReport {
  /** Records that found no room on a CPU. */
  principal(cpu: number, count: number): void;
  /** Says what was lost since the last call. */
  report(): void;
  /** Says which ticks never came; at the end. */
  ticks(): void;
}

/** What a session's counters are called in messages. */
export const dropKinds: Readonly<Record<DropCount['kind'], DropKind>> = {
  aggregationDrops: 'aggregation',
  dynamicDrops: 'dynamic',
  dirtyDrops: 'dirty',
  rinsingDrops: 'rinsing',
  nestingDrops: 'nesting',
  errorDrops: 'error',
  recursion: 'recursion',
  slotless: 'slotless',
  stacks: 'stack',
  requests: 'request',
  speculative: 'speculative',
  speculationBusy: 'speculationBusy',
  speculationUnavailable: 'speculationUnavailable',
};

/** Kinds that are reported for each CPU. */
const perCpu: ReadonlySet<DropKind> = new Set(['principal', 'aggregation', 'nesting']);

/** A report for `session`. */
export function createLossReport(session: Session, tags: boolean, sink: { message(text: string): void }): LossReport {
  const reported = new Map<string, number>();
  const pending = new Map<string, { kind: DropKind; cpu: number | undefined; count: number }>();
  const add = (kind: DropKind, cpu: number, count: number): void => {
    const place = perCpu.has(kind) ? cpu : undefined;
    const key = `${kind} ${place}`;
    const drop = pending.get(key) ?? { kind, cpu: place, count: 0 };
    drop.count += count;
    pending.set(key, drop);
  };
  return {
    principal: (cpu, count) => add('principal', cpu, count),
    report: () => {
      for (const { cpu, kind, count } of session.drops()) {
        const key = `${kind} ${cpu}`;
        const fresh = count - (reported.get(key) ?? 0);
        reported.set(key, count);
        if (fresh > 0) add(dropKinds[kind], cpu, fresh);
      }
      for (const { kind, cpu, count } of pending.values()) sink.message(dropMessage(kind, count, cpu, tags));
      pending.clear();
    },
    ticks: () => {
      for (const count of session.ticks()) {
        const probe = session.enabling.probes[count.row];
        const message = probe === undefined ? undefined : tickMessage(count, probe, tags);
        if (message !== undefined) sink.message(message);
      }
    },
  };
}
