/** Wrong mechanisms that the storm can be told to swap in, one at a time, and what the explorer says of each. */

import { crossCallOffline } from '../../../bpf/run.js';
import { depthMarker } from '../../../d/codegen/handler.js';
import type { RuntimeShape } from '../../../d/codegen/memory/layout.js';
import type { ExploreOptions } from '../../../explorer/index.js';
import type { SessionOptions } from '../../../session/session.js';
import type { BreakName } from '../flags.js';

/** A wrong mechanism. */
export interface Break {
  /** What is wrong, in words that follow "with". */
  readonly about: string;
  /** Changes the programs. */
  readonly reshape?: (shape: RuntimeShape) => RuntimeShape;
  /** Changes the session. */
  readonly mechanisms?: Pick<SessionOptions, 'askWith'>;
  /** The question to the explorer that shows the same mistake. */
  readonly mechanism: string;
  readonly question: ExploreOptions;
}

const most = 0xffff;

/** All of them. */
export const breaks: Readonly<Record<BreakName, Break>> = {
  'drop-tick': {
    about: 'the workaround of 2011: what interrupts an open probe is skipped, ticks first of all',
    reshape: (shape) => ({ ...shape, levels: 1 }),
    mechanism: 'dtrace4linux-drop-tick',
    question: { options: ['drop'] },
  },
  'no-wait': {
    about: 'a sync() that calls every CPU and does not wait until it is outside all probes',
    mechanisms: {
      askWith: (call) => (cpu) => (call(cpu) === crossCallOffline ? crossCallOffline : depthMarker),
    },
    mechanism: 'grace-period',
    question: { options: ['membarrier-fence-only'] },
  },
  'skip-ipi': {
    about: 'a sync() that reads the in-probe counts from afar and calls nobody',
    mechanisms: { askWith: (_, depthOf) => (cpu) => depthMarker | Math.min(most, depthOf(cpu)) },
    mechanism: 'epoch-sync',
    question: { options: ['no-ipi'], memory: 'tso' },
  },
  'plain-count': {
    about: 'one area of aggregations for all levels of a CPU, updated by a load and a store',
    reshape: (shape) => ({ ...shape, wrong: 'plain-count' }),
    mechanism: 'aggregation-update',
    question: { options: ['plain'] },
  },
  'lost-post': {
    about: 'a poster that takes its number by a load and a store',
    reshape: (shape) => ({ ...shape, wrong: 'lost-post' }),
    // The same mistake in the reservation of space: the model of the mailbox has no post without its exchange.
    mechanism: 'buffer-switch',
    question: { options: ['plain-reserve'] },
  },
};
