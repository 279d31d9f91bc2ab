/** Processes as /proc shows them, and the pid namespace that their numbers belong to. */

import { readFileSync, statSync } from 'node:fs';
import { callNumber } from './calls/system-calls.js';
import { checked } from './errno/errno.js';
import { systemCall } from './ffi.js';

/** The pid namespace of this process; the helper bpf_get_ns_current_pid_tgid wants both numbers. */
export interface PidNamespace {
  readonly inode: number;
  /** The device of nsfs, as stat(2) encodes it. */
  readonly device: number;
  /** Whether numbers here are those of the kernel's own, outermost namespace. */
  readonly initial: boolean;
}

/** Linux gives the first pid namespace this inode on every machine (linux/proc_ns.h, PROC_PID_INIT_INO). */
const initialInode = 0xeffffffc;

/** The pid namespace that the ids of this process, and of its /proc, belong to. Throws if /proc is not mounted. */
export const pidNamespace = (): PidNamespace => {
  const { ino, dev } = statSync('/proc/self/ns/pid');
  return { inode: ino, device: dev, initial: ino === initialInode };
};

/** What /proc/PID/status says. */
export interface ProcessStatus {
  /** The name of the command, at most 15 characters. */
  readonly name: string;
  readonly pid: number;
  readonly parentPid: number;
  /** Who traces it with ptrace(2), or 0. */
  readonly tracerPid: number;
  /** Its ids from the namespace of this /proc inwards; the last is the one that it sees itself. */
  readonly namespacePids: readonly number[];
  readonly effectiveUser: number;
  /** Bit N set: it has capability N (linux/capability.h). */
  readonly effectiveCapabilities: bigint;
}

const parseStatus = (text: string): ProcessStatus => {
  const fields = new Map(
    text.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const numbers = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean).map(Number);
  return {
    name: fields.get('Name') ?? '',
    pid: numbers('Tgid')[0] ?? 0,
    parentPid: numbers('PPid')[0] ?? 0,
    tracerPid: numbers('TracerPid')[0] ?? 0,
    namespacePids: numbers('NSpid'),
    effectiveUser: numbers('Uid')[1] ?? 0,
    effectiveCapabilities: BigInt(`0x${fields.get('CapEff') || '0'}`),
  };
};

const readOptional = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') {
      return undefined;
    }
    throw error;
  }
};

/** The status of a process by its id in this namespace; undefined if there is none. */
export const readProcessStatus = (pid: number | 'self'): ProcessStatus | undefined => {
  const text = readOptional(`/proc/${pid}/status`);
  return text === undefined ? undefined : parseStatus(text);
};

/** The arguments that a process was started with; empty for a kernel thread, undefined if there is no such process. */
export const readProcessArguments = (pid: number | 'self'): string[] | undefined => {
  const text = readOptional(`/proc/${pid}/cmdline`);
  return text === undefined ? undefined : text.split('\0').slice(0, -1);
};

/** A number from /proc/sys, by its path below it (`kernel/perf_event_paranoid`); undefined if the kernel has none. */
export const readSysctl = (path: string): number | undefined => {
  const text = readOptional(`/proc/sys/${path}`);
  return text === undefined ? undefined : Number(text);
};

/** The id of the calling thread. */
export const threadId = (): number => systemCall(callNumber.gettid);

/** PR_SET_PDEATHSIG (linux/prctl.h) and SIGKILL. */
const parentDeathSignal = 1;
const kill = 9;

/**
 * Has the kernel end this process when `parent`, which started it, ends, however that does; whether the parent still
 * lives. What this process starts itself is not ended. Throws SystemCallError.
 */
export const endWithParent = (parent: number): boolean => {
  checked('prctl(PR_SET_PDEATHSIG)', systemCall(callNumber.prctl, parentDeathSignal, kill));
  return systemCall(callNumber.getppid) === parent;
};

/** Ends the process at once from any thread, whatever the others are doing: nothing is flushed, nobody is asked. */
export const exitAtOnce = (status: number): void => {
  systemCall(callNumber.exitGroup, status);
};
