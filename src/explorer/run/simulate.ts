/** A mechanism made ready to run. */

import { describeTransition, pictureOf } from '../machine/describe.js';
import { createMachine, type Machine } from '../machine/machine.js';
import type { Mechanism, Setting } from '../model/mechanism.js';
import type { ExploredSetting } from '../report/setting.js';
import { settle, type Wanted } from '../settle.js';
import type { RunnableMachine, RunWay } from './run.js';

/** What may be asked of a run; as for an exploration. */
export interface SimulateOptions extends Wanted {
  /** Execute steps on registers together with the transition before them; yes unless told. */
  readonly fold?: boolean;
}

/** A machine that {@link run} takes, and what it was made for. */
export interface Simulation {
  readonly machine: RunnableMachine;
  readonly setting: ExploredSetting;
}

/** Builds a mechanism's machine. Throws {@link MechanismError} where the mechanism is malformed or the options do not fit it. */
export function simulate(mechanism: Mechanism, { fold = true, ...wanted }: SimulateOptions = {}): Simulation {
  const { setting, model } = settle(mechanism, wanted);
  return {
    machine: runnable(createMachine(model, setting.memory, { fold })),
    setting: exploredSetting(mechanism, setting),
  };
}

const exploredSetting = ({ name }: Mechanism, { cpus, options, memory }: Setting): ExploredSetting => ({
  mechanism: name,
  cpus,
  options: [...options],
  memory,
});

function runnable(machine: Machine): RunnableMachine {
  const { always, eventually } = machine.properties;
  return {
    initial: machine.initial,
    ways(state) {
      const ways: RunWay[] = [];
      for (let number = 0; ; number += 1) {
        const way = describeTransition(machine, state, number);
        if (way === undefined) return ways;
        ways.push(way);
      }
    },
    crowded: machine.crowded,
    picture: (state) => pictureOf(machine, state),
    broken: (state) => always.filter(({ holds }) => !holds(state)).map(({ name }) => name),
    unmet: (state) => eventually.filter(({ holds }) => !holds(state)).map(({ name }) => name),
  };
}
