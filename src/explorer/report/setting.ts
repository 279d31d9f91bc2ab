/** What was explored, in words. */

import type { Exploration } from '../exploration.js';

/** What a setting is told by: the part of an {@link Exploration} that was asked. */
export type ExploredSetting = Pick<Exploration, 'mechanism' | 'cpus' | 'options' | 'memory'>;

/** `linux-smp-call --with irqs-off, 2 CPUs, sc` */
export function settingText({ mechanism, cpus, options, memory }: ExploredSetting): string {
  const told = options.length === 0 ? '' : ` --with ${options.join(',')}`;
  return `${mechanism}${told}, ${cpus} CPU${cpus === 1 ? '' : 's'}, ${memory}`;
}

/** `deadlock (total)`, `safe`, … */
export const verdictText = ({ verdict, scope }: Pick<Exploration, 'verdict' | 'scope'>): string =>
  scope === undefined ? verdict : `${verdict} (${scope})`;
