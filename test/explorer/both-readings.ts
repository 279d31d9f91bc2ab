/** One question, put to the search and to the brute-force enumerator, with the answers in the same words. */

import type { Exploration } from '../../src/explorer/exploration.js';
import { explore } from '../../src/explorer/explore.js';
import type { Mechanism } from '../../src/explorer/model/mechanism.js';
import type { MemoryModel } from '../../src/explorer/model/model.js';
import { settle } from '../../src/explorer/settle.js';
import { type Enumeration, enumerate } from './brute-force/enumerate.js';

/** What both must say alike. */
export type Answer = Pick<Exploration, 'verdict' | 'scope' | 'property' | 'states' | 'contract'> & {
  /** Undefined of a verdict on the whole graph: there are several examples, and any will do. */
  readonly depth: number | undefined;
};

/** What is asked. */
export interface Question {
  readonly mechanism: Mechanism;
  readonly options?: readonly string[];
  readonly memory: MemoryModel;
  /** Ask these properties only. */
  readonly properties?: readonly string[];
}

/** Whether the whole graph was needed to refute it. */
const byWholeGraph = ({ refutations, refutedAt }: Enumeration): boolean =>
  refutations.length > 0 && refutedAt === undefined;

function enumerateQuestion(question: Question): Enumeration {
  const { model } = settle(question.mechanism, question);
  const asked = model.properties.filter(({ name }) => question.properties?.includes(name) ?? true);
  return enumerate({ ...model, properties: asked }, question.memory, { maxStates: Number.POSITIVE_INFINITY });
}

/** The answers of both, the search without folding; nothing where the search met as many as `maxStates`. */
export async function bothReadings(
  question: Question,
  maxStates: number,
): Promise<{ readonly search: Answer; readonly bruteForce: Answer } | undefined> {
  const { mechanism, ...options } = question;
  const found = await explore(mechanism, { ...options, fold: false, maxStates });
  if (found.states >= maxStates) return undefined;
  const counted = enumerateQuestion(question);
  const whole = byWholeGraph(counted);
  const answerOf = (from: Exploration | Enumeration, depth: number): Answer => {
    const { verdict, scope, property, states, contract } = from;
    return { verdict, scope, property, states, contract, depth: whole ? undefined : depth };
  };
  return {
    search: answerOf(found, found.depth),
    bruteForce: answerOf(counted, counted.refutedAt ?? counted.depth),
  };
}
