/** Turns what a user asks of a mechanism into a model. */

import { MechanismError } from './model/error.js';
import type { Mechanism, Setting } from './model/mechanism.js';
import type { MemoryModel, Model } from './model/model.js';

/** CPUs that a mechanism makes sense for, unless it says otherwise. */
const usualCpus = { least: 2, most: 4 };

/** What may be asked. */
export interface Wanted {
  readonly cpus?: number | undefined;
  readonly options?: readonly string[] | undefined;
  readonly memory?: MemoryModel | undefined;
  readonly properties?: readonly string[] | undefined;
}

/** The options in force: those that were told, and the first of each group of which none was. Throws {@link MechanismError}. */
export function optionsInForce({ name, options }: Mechanism, told: readonly string[]): readonly string[] {
  for (const option of told) {
    if (!options.some((known) => known.name === option)) {
      const all = options.map((known) => known.name).join(', ');
      throw new MechanismError(name, `it has no option ${option}`, all === '' ? 'it has no options' : `it has ${all}`);
    }
  }
  const groups = new Map<string, string[]>();
  for (const { name: option, group } of options) {
    if (group !== undefined && told.includes(option)) groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  for (const [group, chosen] of groups) {
    if (chosen.length > 1) {
      throw new MechanismError(
        name,
        `options ${chosen.join(' and ')} exclude one another (${group})`,
        'tell one of them',
      );
    }
  }
  const firsts = options.flatMap(({ name: option, group }) => {
    if (group === undefined || groups.has(group)) return [];
    return options.find((other) => other.group === group)?.name === option ? [option] : [];
  });
  const inForce = new Set([...told, ...firsts]);
  return options.map((option) => option.name).filter((option) => inForce.has(option));
}

/** Makes the model of a mechanism. Throws {@link MechanismError} where something that was asked does not fit it. */
export function settle(mechanism: Mechanism, wanted: Wanted): { readonly setting: Setting; readonly model: Model } {
  const { least, most } = mechanism.cpus ?? usualCpus;
  const cpus = wanted.cpus ?? Math.min(Math.max(2, least), most);
  if (!(Number.isInteger(cpus) && cpus >= least && cpus <= most)) {
    throw new MechanismError(mechanism.name, `it cannot have ${cpus} CPUs`, `it takes ${least} to ${most}`);
  }
  const memory = wanted.memory ?? 'sc';
  if (!['sc', 'tso'].includes(memory)) {
    throw new MechanismError(mechanism.name, `there is no memory model ${memory}`, 'it is sc or tso');
  }
  const options = new Set(optionsInForce(mechanism, wanted.options ?? []));
  const setting: Setting = { cpus, memory, options };
  const model = mechanism.build(setting);
  for (const property of wanted.properties ?? []) {
    if (!model.properties.some(({ name }) => name === property)) {
      const all = model.properties.map(({ name }) => `"${name}"`).join(', ');
      throw new MechanismError(mechanism.name, `it has no property "${property}"`, `it is asked ${all}`);
    }
  }
  return { setting, model };
}
