/** What a test expects of one combination of options of a mechanism. */

import type { Exploration, Verdict } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import type { Mechanism, MechanismOption } from '../../../../src/explorer/model/mechanism.js';
import type { MemoryModel } from '../../../../src/explorer/model/model.js';
import type { StepList } from '../../../../src/explorer/model/step.js';
import { mark } from '../../../../src/explorer/model/steps.js';

/** A row of a table of verdicts. */
export interface Expectation {
  readonly options: readonly string[];
  /** 2 unless told. */
  readonly cpus?: number;
  /** `sc` unless told. */
  readonly memory?: MemoryModel;
  /** Asked only these; all unless told. */
  readonly properties?: readonly string[];
  readonly verdict: Verdict;
  readonly scope?: 'total' | 'partial';
  readonly property?: string;
  /** Rules that are broken, each once, sorted; none unless told. */
  readonly contract?: readonly string[];
}

/** The name of the test: what must hold. */
export function titleOf({ options, cpus = 2, memory = 'sc', properties, ...expected }: Expectation): string {
  const { verdict, scope, property } = expected;
  const found = [verdict, scope, property && `(${property})`].filter(Boolean).join(' ');
  const asked = properties === undefined ? '' : `, asked ${properties.join(' and ') || 'only whether it hangs'}`;
  return `${options.join(',')} on ${cpus} CPUs under ${memory}${asked}: ${found}`;
}

/** Explores the row's combination. */
export function exploreRow(mechanism: Mechanism, row: Expectation): Promise<Exploration> {
  const { options, cpus = 2, memory = 'sc', properties } = row;
  return explore(mechanism, { options, cpus, memory, ...(properties && { properties }) });
}

/** What of an exploration a row speaks about. */
export const outcomeOf = ({ verdict, scope, property, contract }: Exploration) => ({
  verdict,
  scope,
  property,
  contract: [...new Set(contract.map(({ rule }) => rule))].sort(),
});

/** The row in the same form. */
export const expectedOf = ({ verdict, scope, property, contract = [] }: Expectation) => ({
  verdict,
  scope,
  property: property ?? null,
  contract,
});

/** Names of the options of a group, the first is the default. */
export const groupOf = (mechanism: Mechanism, group: string): readonly string[] =>
  mechanism.options.filter((option: MechanismOption) => option.group === group).map(({ name }) => name);

/** The mechanism with every step of that name replaced by one that does nothing. */
export function without(mechanism: Mechanism, name: string): Mechanism {
  const cut = (steps: StepList): StepList =>
    steps.map((step) =>
      !('kind' in step) ? cut(step) : step.kind !== 'label' && step.name === name ? mark(name, {}) : step,
    );
  return {
    ...mechanism,
    build: (setting) => {
      const model = mechanism.build(setting);
      const vectors = model.vectors.map((vector) => ({
        ...vector,
        handler: { ...vector.handler, steps: cut(vector.handler.steps) },
      }));
      return { ...model, vectors };
    },
  };
}

/** Steps of one CPU in the trace, as `routine / step`, in their order. */
export const stepsOf = ({ trace }: Exploration, cpu: number): readonly string[] =>
  trace
    .filter((entry) => entry.cpu === cpu && entry.kind === 'step')
    .map(({ routine, step }) => `${routine} / ${step}`);
