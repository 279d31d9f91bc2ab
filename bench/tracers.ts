/** How the two tracers are called. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onlineCpus, setAffinity } from '../src/sys/index.js';

const dtracePath = fileURLToPath(new URL('../bin/dtrace', import.meta.url));

/** The command that runs a D program with our dtrace, quietly. */
export const dtraceCommand = (text: string, ...flags: readonly string[]): readonly string[] => [
  process.execPath,
  dtracePath,
  '-q',
  ...flags,
  '-n',
  text,
];

/** The command that runs a program with bpftrace. */
export const bpftraceCommand = (text: string, ...flags: readonly string[]): readonly string[] => [
  'bpftrace',
  ...flags,
  '-e',
  text,
];

/** The version of bpftrace on this machine; undefined if there is none. */
export function bpftraceVersion(): string | undefined {
  const { status, stdout } = spawnSync('bpftrace', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().replace(/^bpftrace v?/, '') : undefined;
}

/** Where the calls to be traced are made, and where the tracers run: apart, where there are two CPUs. */
export function cpuRoles(): { readonly caller: number; readonly tracers: readonly number[] } {
  const online = onlineCpus();
  const caller = online.at(-1) ?? 0;
  const others = online.filter((cpu) => cpu !== caller);
  return { caller, tracers: others.length > 0 ? others : online };
}

/** Keeps this process and what it starts off the caller's CPU while `run` runs. */
export async function apart<Result>(run: () => Promise<Result>): Promise<Result> {
  setAffinity(cpuRoles().tracers);
  try {
    return await run();
  } finally {
    setAffinity(onlineCpus());
  }
}
