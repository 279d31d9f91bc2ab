/** Other tracers that run beside the storm for a while, in processes of their own, and trace the storm's workers only. */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Load } from '../load/load.js';
import type { Violation } from '../outcome/checks.js';

/** What runs beside it. */
export type PeerName = 'dtrace' | 'bpftrace';

/** What became of it. */
export interface PeerOutcome {
  readonly name: PeerName;
  /** Whether it has traced. */
  readonly ran: boolean;
  /** What it counted: calls of the workers, and its own ticks. */
  readonly calls: number;
  readonly ticks: number;
  /** Ticks that it should have had. */
  readonly due: number;
  /** What it said on standard error, or why it did not run. */
  readonly said: string;
}

/** What must not become of another dtrace. What becomes of bpftrace is its own affair. */
export function peerViolations({ name, ran, calls, ticks, said }: PeerOutcome): readonly Violation[] {
  if (name !== 'dtrace') return [];
  if (!ran) return [{ check: 'peer', text: `the other dtrace did not end well: ${said.replaceAll('\n', '; ')}` }];
  const nothing = [...(calls === 0 ? ['calls of the workers'] : []), ...(ticks === 0 ? ['ticks'] : [])];
  return nothing.map((what) => ({ check: 'exercise', text: `the other dtrace counted no ${what}` }));
}

/** One that runs. */
export interface Peer {
  /** Has it end, and gives what it counted. */
  end(): Promise<PeerOutcome>;
}

/** Its ticks a second. */
const rate = 997;

/** How long one may take to start, and to end, ms. */
const patience = 60_000;

/**
 * Both end when their command does, which is when its standard input, a pipe from the storm, is closed: so also when the
 * storm is killed.
 */
const untilInputEnds = '/bin/cat';

const dtraceText = `
BEGIN { begun = timestamp; printf("ready\\n"); }
syscall::getppid:entry /ppid == $1 && arg1 == $2/ { @calls = count(); }
profile-${rate} { @ticks = count(); }
END { printa("calls %@d\\n", @calls); printa("ticks %@d\\n", @ticks); printf("ns %d\\n", timestamp - begun); }
`;

/** Where the kernel's list of tracepoints is not mounted it has none: then it has its ticks only. */
const bpftraceCalls = (tag: number): string =>
  `tracepoint:raw_syscalls:sys_enter /args->id == 110 && args->args[1] == ${tag}/ { @calls = count(); }`;

const bpftraceText = (calls: string): string => `
BEGIN { @begun = nsecs; printf("ready\\n"); }
${calls}
profile:hz:${rate} { @ticks = count(); }
END { printf("ns %lld\\n", nsecs - @begun); clear(@begun); }
`;

/** The command lines of a peer, to be tried one after the other, or why there is none. */
function commandsOf(name: PeerName, { tag }: Pick<Load, 'tag'>): readonly (readonly string[])[] | string {
  if (name === 'dtrace') {
    const dtrace = join(dirname(realpathSync(process.argv[1] ?? '')), 'dtrace');
    const words = ['-q', '-x', 'switchrate=20ms', '-n', dtraceText, '-c', untilInputEnds];
    return [[process.execPath, dtrace, ...words, String(process.pid), String(tag)]];
  }
  const path = findExecutable('bpftrace');
  if (path === undefined) return 'bpftrace is not installed';
  return [bpftraceCalls(tag), ''].map((calls) => [
    ...[path, '-B', 'line', '-c', untilInputEnds, '-e', bpftraceText(calls)],
  ]);
}

function findExecutable(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Starts one; settled when it traces. A text says why it does not. */
export async function startPeer(name: PeerName, load: Load): Promise<Peer | string> {
  const commands = commandsOf(name, load);
  if (typeof commands === 'string') return commands;
  let problem = '';
  for (const command of commands) {
    const peer = await startCommand(name, command, load);
    if (typeof peer !== 'string') return peer;
    problem = peer;
  }
  return problem;
}

async function startCommand(name: PeerName, command: readonly string[], load: Load): Promise<Peer | string> {
  const [file = '', ...words] = command;
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const heard = listen(child);
  const ready = await Promise.race([heard.ready, after(patience).then(() => false)]);
  if (!ready) {
    child.kill('SIGKILL');
    return `${name} does not trace: ${heard.said() || `it has not begun within ${patience / 1000} s`}`;
  }
  return {
    end: async () => {
      child.stdin?.end();
      const ended = await Promise.race([heard.ended, after(patience).then(() => 'late' as const)]);
      if (ended === 'late') child.kill('SIGKILL');
      const number = (pattern: RegExp): number => Number(pattern.exec(heard.out())?.[1] ?? 0);
      return {
        ...{ name, ran: ended === 'well' },
        said: ended === 'late' ? `it has not ended within ${patience / 1000} s` : heard.said(),
        calls: number(/^(?:calls|@calls:) (\d+)/m),
        ticks: number(/^(?:ticks|@ticks:) (\d+)/m),
        due: Math.floor((number(/^ns (\d+)/m) / 1e9) * rate * load.cpus.length),
      };
    },
  };
}

const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

function listen(child: ChildProcess) {
  let out = '';
  let err = '';
  let becomeReady: (ready: boolean) => void = () => {};
  const ready = new Promise<boolean>((resolve) => {
    becomeReady = resolve;
  });
  child.stdin?.on('error', () => {});
  child.stdout?.on('data', (data) => {
    out += String(data);
    if (/^ready$/m.test(out)) becomeReady(true);
  });
  child.stderr?.on('data', (data) => {
    err += String(data);
  });
  const ended = new Promise<'well' | 'ill'>((resolve) => {
    const end = (how: 'well' | 'ill'): void => {
      becomeReady(false);
      resolve(how);
    };
    child.on('error', (error) => {
      err += error.message;
      end('ill');
    });
    child.on('close', (status, signal) => {
      if (status !== 0) err += `\nit has ended: ${signal ?? `status ${status}`}`;
      end(status === 0 ? 'well' : 'ill');
    });
  });
  return { ready, ended, out: () => out, said: () => err.trim() };
}
