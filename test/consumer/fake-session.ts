/** A session without a kernel: it hands over what a test has put into it. */

import type { AggregationTable } from '../../src/d/codegen/memory/aggregation-layout.js';
import { compileTexts, parseTexts } from '../../src/d/compile.js';
import type { DifProgram } from '../../src/d/dif.js';
import { allProviders } from '../../src/providers/index.js';
import { createProbeRegistry } from '../../src/providers/registry.js';
import type { DropCount } from '../../src/session/drops.js';
import type { PrincipalBatch } from '../../src/session/principal.js';
import type { Session } from '../../src/session/session.js';
import type { TickCount } from '../../src/session/ticks.js';

const registry = createProbeRegistry(allProviders);

/** Compiles D text for any system. */
export const compileText = (text: string): DifProgram =>
  compileTexts(parseTexts([{ name: '-n', origin: '-n', text }]), {
    ...{ stringSize: 256, macros: new Map(), defaultArguments: false, allowZeroMatches: false, allowEmpty: false },
    matchProbes: (description) => {
      const probes = registry.match(description);
      return { probes: probes.length, error: probes.some((probe) => probe.id === 3) };
    },
  });

/** What one CPU has of one key of an aggregation. */
export interface FakeEntry {
  readonly aggregation: number;
  readonly key: readonly bigint[];
  readonly data: readonly bigint[];
}

/** The state that a test fills; taking empties batches and entries, as switching does. */
export interface FakeState {
  batches: PrincipalBatch[];
  entries: FakeEntry[];
  drops: DropCount[];
  ticks: TickCount[];
  /** What END records. */
  last: PrincipalBatch[];
  /** What happened, in its order. */
  readonly log: string[];
}

/** A session of `program` over `state`. */
export function fakeSession(program: DifProgram, state: FakeState): Session {
  const take = (): readonly PrincipalBatch[] => {
    state.log.push('principal');
    return state.batches.splice(0);
  };
  const session: Partial<Session> = {
    enabling: {
      program,
      probes: registry.match({ provider: '', module: '', function: '', name: '' }),
    } as Session['enabling'],
    fill: () => 0,
    takePrincipal: take,
    takeAggregations: (visit) => {
      state.log.push('aggregations');
      for (const { aggregation: id, key, data } of state.entries.splice(0)) {
        const aggregation = program.aggregations[id];
        const table = { aggregation } as AggregationTable;
        visit(table, 0, new Uint8Array(BigUint64Array.from(key).buffer), BigUint64Array.from(data));
      }
    },
    adjustClock: () => {},
    followCpus: () => [],
    drops: () => state.drops,
    ticks: () => state.ticks,
    stop: (last) => {
      last(take());
      state.log.push('END');
      return state.last.splice(0);
    },
  };
  return session as Session;
}

/** An empty state. */
export const emptyState = (): FakeState => ({ batches: [], entries: [], drops: [], ticks: [], last: [], log: [] });
