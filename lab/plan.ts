/** Which machines the lab boots, and what it checks on each. */

import type { LabArguments } from './arguments.js';
import { type Check, checks } from './checks.js';
import type { Suite } from './debian.js';

/** Kernels that have a short name, and the packages of Debian that stand for them. */
export const kernels: Readonly<Record<string, string>> = {
  standard: 'linux-image-amd64',
  rt: 'linux-image-rt-amd64',
};

/** One boot. */
export interface Run {
  readonly kernel: string;
  readonly suite?: Suite;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly turns?: boolean;
  readonly append: readonly string[];
  readonly checks: readonly Check[];
}

/** A run in a line. */
export const describeRun = ({ kernel, suite, cpus, append, turns = false }: Run): string =>
  `${[kernel, ...(suite === undefined ? [] : [`of ${suite}`]), ...append].join(' ')}, ${cpus} CPU${cpus === 1 ? '' : 's'}${turns ? ' by turns' : ''}`;

const named = (names: readonly string[]): readonly Check[] =>
  names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));

/** The default set: everything on the standard kernel and on -rt, and the form of the kernel that can be preempted. */
const defaultRuns = (memory: number): readonly Run[] => [
  { kernel: 'standard', cpus: 4, memory, append: [], checks },
  { kernel: 'rt', cpus: 4, memory, append: [], checks: checks.filter(({ name }) => name !== 'sync-cost') },
  {
    kernel: 'standard',
    cpus: 4,
    memory,
    append: ['preempt=full'],
    checks: named(['doctor', 'one-liners', 'hotplug', 'storm']),
  },
];

/** The runs that are asked for; with a command, one run without checks. */
export function planRuns(asked: LabArguments): readonly Run[] {
  const { kernel, suite, cpus, memory, turns, append, checks: wanted, command } = asked;
  const everything =
    kernel === undefined &&
    suite === undefined &&
    cpus === undefined &&
    !turns &&
    append.length === 0 &&
    wanted.length === 0;
  if (everything && command === undefined) return defaultRuns(memory);
  const own = command === undefined ? named(wanted) : [];
  return [{ kernel: kernel ?? 'standard', suite, cpus: cpus ?? 4, memory, turns, append, checks: own }];
}

/** Seconds that a boot itself may take. */
const bootSeconds = 60;

/** Seconds until a run is ended: what its checks may take, or five minutes for a command. */
export const timeLimit = ({ checks: own }: Run): number =>
  own.length === 0 ? 300 : own.reduce((sum, { seconds }) => sum + seconds, bootSeconds);
