/** One question, put to the search with folding and without: what must come out alike. */

import type { Exploration, Verdict } from '../../src/explorer/exploration.js';
import { explore } from '../../src/explorer/explore.js';
import type { Mechanism } from '../../src/explorer/model/mechanism.js';
import type { MemoryModel } from '../../src/explorer/model/model.js';
import { settle } from '../../src/explorer/settle.js';

/** What came of a question: of several refutations another may be the nearest, so which one is left open. */
export type Outcome = 'safe' | 'incomplete' | 'refuted';

/** What must be the same with folding and without. */
export interface Judgement {
  /** Asked everything at once. */
  readonly all: Outcome;
  /** Asked no property: a deadlock goes before a livelock, wherever they are. Undefined where nothing is refuted at all. */
  readonly hang: Verdict | undefined;
  /** Asked each property by itself, in the model's order; empty where nothing is refuted at all. */
  readonly each: readonly Outcome[];
}

const outcomeOf = ({ verdict }: Exploration): Outcome =>
  verdict === 'safe' || verdict === 'incomplete' ? verdict : 'refuted';

/** A bound of states was reached: what lies beyond may be refuted or not. */
class TooManyStates extends Error {}

/** The judgements of both; undefined where one of the searches met as many states as `maxStates`. */
export async function bothFoldings(
  mechanism: Mechanism,
  memory: MemoryModel,
  maxStates: number,
): Promise<{ readonly folded: Judgement; readonly unfolded: Judgement } | undefined> {
  const names = settle(mechanism, { memory }).model.properties.map(({ name }) => name);
  const judgement = async (fold: boolean): Promise<Judgement> => {
    const ask = async (properties: readonly string[]): Promise<Exploration> => {
      const found = await explore(mechanism, { memory, fold, maxStates, properties });
      // Not only where it says incomplete: the other search may need these states to refute the same.
      if (found.states >= maxStates) throw new TooManyStates();
      return found;
    };
    const all = outcomeOf(await ask(names));
    if (all !== 'refuted') return { all, hang: undefined, each: [] };
    const { verdict: hang } = await ask([]);
    const each: Outcome[] = [];
    for (const name of names) each.push(outcomeOf(await ask([name])));
    return { all, hang, each };
  };
  try {
    return { unfolded: await judgement(false), folded: await judgement(true) };
  } catch (error) {
    if (error instanceof TooManyStates) return undefined;
    throw error;
  }
}
