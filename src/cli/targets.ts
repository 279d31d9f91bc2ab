/** The processes that a trace is about: those of -c, which dtrace starts, and those of -p, which it watches. */

import type { DtraceArguments } from './arguments.js';
import { grabProcess, startVictim } from './victim.js';

/** The processes of one trace. */
export interface Targets {
  /** Macro variables: `target` and those of dtrace's own process. */
  readonly macros: ReadonlyMap<string, bigint>;
  /** Whether there were processes and all have ended. */
  readonly ended: boolean;
  /** Lets the processes of -c go on to their programs. */
  release(): void;
  /** Calls `wake` when a process ends. */
  onEnd(wake: () => void): void;
  /** The processes that have ended, by their ids. */
  exited(): readonly number[];
  /** Ends the processes of -c that still run. */
  close(): void;
}

/** Starts and grabs what the arguments ask for. Throws the errors of victim.ts. */
export function createTargets({ commands, pids }: Pick<DtraceArguments, 'commands' | 'pids'>): Targets {
  const processes: ReturnType<typeof startVictim | typeof grabProcess>[] = [];
  const exited: number[] = [];
  let wake: () => void = () => {};
  const close = (): void => {
    for (const process of processes) process.close();
  };
  try {
    for (const command of commands) processes.push(startVictim(command));
    for (const pid of pids) processes.push(grabProcess(pid));
  } catch (error) {
    close();
    throw error;
  }
  for (const { pid, ended } of processes) {
    void ended.then(() => {
      exited.push(pid);
      wake();
    });
  }
  return {
    macros: macrosOf(processes[0]?.pid),
    get ended() {
      return processes.length > 0 && exited.length === processes.length;
    },
    release: () => {
      for (const process of processes) process.release();
    },
    onEnd: (callback) => {
      wake = callback;
    },
    exited: () => exited,
    close,
  };
}

/** The macro variables that name processes and users (Dynamic Tracing Guide, "Macro Variables"). */
function macrosOf(target: number | undefined): ReadonlyMap<string, bigint> {
  const macros = new Map<string, bigint>([
    ['pid', BigInt(process.pid)],
    ['ppid', BigInt(process.ppid)],
    ['uid', BigInt(process.getuid?.() ?? 0)],
    ['euid', BigInt(process.geteuid?.() ?? 0)],
    ['gid', BigInt(process.getgid?.() ?? 0)],
    ['egid', BigInt(process.getegid?.() ?? 0)],
  ]);
  if (target !== undefined) macros.set('target', BigInt(target));
  return macros;
}
