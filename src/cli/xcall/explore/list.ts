/** `xcall explore --list`: the mechanisms and their options. */

import type { Mechanism, MechanismOption } from '../../../explorer/index.js';

/** A paragraph a mechanism. */
export const listText = (mechanisms: readonly Mechanism[]): string => mechanisms.map(mechanismText).join('\n');

function mechanismText({ name, summary, options, cpus, memories }: Mechanism): string {
  const notes = [
    ...(cpus === undefined ? [] : [`${cpus.least} to ${cpus.most} CPUs`]),
    ...(memories === undefined ? [] : [`asked under ${memories.join(' and ')}`]),
  ];
  const width = Math.max(0, ...options.map((option) => option.name.length)) + 2;
  return [
    `${name}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`,
    `    ${summary}`,
    ...options.map(
      (option) =>
        `      ${option.name.padEnd(width)}${option.summary}${isDefault(option, options) ? ' (default)' : ''}`,
    ),
    '',
  ].join('\n');
}

/** The first of each group is in force where none of the group was told. */
const isDefault = (option: MechanismOption, options: readonly MechanismOption[]): boolean =>
  option.group !== undefined && options.find(({ group }) => group === option.group) === option;

/** What `--list --json` prints. */
export const listJson = (mechanisms: readonly Mechanism[]): unknown =>
  mechanisms.map(({ name, summary, options, variants }) => ({ name, summary, options, variants }));
