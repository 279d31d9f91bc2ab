/** The processes that a trace is about: those of -c, which dtrace starts, and those of -p, which it watches. */

import { readFileSync } from 'node:fs';
import type { TargetArgument } from '../arguments/arguments.js';
import { grabProcess } from './grab.js';
import { describeEnd, type TracedProcess } from './traced-process.js';
import { startVictim } from './victim.js';

/** The processes of one trace. */
export interface Targets {
  /** Macro variables: `target` and those of dtrace's own process. */
  readonly macros: ReadonlyMap<string, bigint>;
  /** Whether there were processes and all have ended. */
  readonly ended: boolean;
  /** Settles when every process of -c waits for `release()`. */
  ready(): Promise<void>;
  /** Lets the processes of -c become their commands. */
  release(): void;
  /** Calls `wake` when a process ends. */
  onEnd(wake: () => void): void;
  /** How those that have ended did so: `pid 12 has exited`. */
  endings(): readonly string[];
  /** Ends the processes of -c that still run. */
  close(): void;
}

/** Starts and grabs what the arguments ask for. Throws VictimError, GrabError, CommandSyntaxError. */
export function createTargets(targets: readonly TargetArgument[]): Targets {
  const processes: TracedProcess[] = [];
  const endings: string[] = [];
  let wake: () => void = () => {};
  const close = (): void => {
    for (const process of processes) process.close();
  };
  try {
    for (const target of targets) {
      processes.push(target.kind === 'command' ? startVictim(target.command) : grabProcess(target.pid));
    }
  } catch (error) {
    close();
    throw error;
  }
  for (const { pid, ended } of processes) {
    void ended.then((end) => {
      endings.push(describeEnd(pid, end));
      wake();
    });
  }
  return {
    macros: macrosOf(processes[0]?.pid),
    get ended() {
      return processes.length > 0 && endings.length === processes.length;
    },
    ready: async () => {
      await Promise.all(processes.map((process) => process.ready));
    },
    release: () => {
      for (const process of processes) process.release();
    },
    onEnd: (callback) => {
      wake = callback;
    },
    endings: () => endings,
    close,
  };
}

/** The process group and the session of this process: fields 5 and 6 of /proc/self/stat, behind the name in parentheses. */
function ownGroups(): { readonly group: number; readonly session: number } {
  const text = readFileSync('/proc/self/stat', 'latin1');
  const [, , group = '0', session = '0'] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { group: Number(group), session: Number(session) };
}

/** The macro variables that name processes and users (Dynamic Tracing Guide, "Macro Variables"). */
function macrosOf(target: number | undefined): ReadonlyMap<string, bigint> {
  const { group, session } = ownGroups();
  const macros = new Map<string, bigint>([
    ['pid', BigInt(process.pid)],
    ['ppid', BigInt(process.ppid)],
    ['uid', BigInt(process.getuid?.() ?? 0)],
    ['euid', BigInt(process.geteuid?.() ?? 0)],
    ['gid', BigInt(process.getgid?.() ?? 0)],
    ['egid', BigInt(process.getegid?.() ?? 0)],
    ['pgid', BigInt(group)],
    ['sid', BigInt(session)],
    // Linux has neither projects nor tasks in the sense of Solaris.
    ['projid', 0n],
    ['taskid', 0n],
  ]);
  if (target !== undefined) macros.set('target', BigInt(target));
  return macros;
}
