/**
 * Counts that are lost when an aggregation is printed and cleared 100 times a second while it is counted in without a
 * pause: the sum of all that was printed against the number of calls that the caller has made.
 */

import type { Bench, Row } from '../bench.js';
import { startAnswerer, startTracer } from '../child.js';
import { figureOf } from '../figure.js';
import { apart, bpftraceCommand, cpuRoles, dtraceCommand } from '../tracers.js';

const calls = 5_000_000;
const pairs = 5;

const ourProgram = `
BEGIN { printf("ready\\n"); }
syscall::getppid:entry /pid == $1/ { @ = count(); }
tick-100 { printa("%@d\\n", @); clear(@); }
END { printa("%@d\\n", @); }`;

const peerProgram = (pid: number): string => `
BEGIN { printf("ready\\n"); }
tracepoint:syscalls:sys_enter_getppid /pid == ${pid}/ { @ = count(); }
interval:hz:100 { print(@); clear(@); }`;

/** Issue 2: 0. */
export const clearRow: Row = {
  name: 'clear',
  title: 'counts lost while an aggregation is printed and cleared 100 times a second',
  run: (bench: Bench) =>
    apart(async () => {
      const caller = startAnswerer(bench.native('caller'), String(cpuRoles().caller));
      const lost = async (command: readonly string[]): Promise<{ lost: number; prints: number }> => {
        const tracer = await startTracer(command);
        await caller.ask(`count ${calls}`);
        if (!(await tracer.stop())) throw new Error(`${command[0]} did not end when it was interrupted`);
        // Ours: a number a line; bpftrace's: `@: NUMBER`.
        const printed = [...tracer.output().matchAll(/^(?:@: |\s*)(\d+)\s*$/gm)].map(([, count]) => Number(count));
        return { lost: calls - printed.reduce((sum, count) => sum + count, 0), prints: printed.length };
      };
      const ours = [];
      const peer = [];
      try {
        for (let pair = 0; pair < pairs; pair += 1) {
          ours.push(await lost(dtraceCommand(ourProgram, '-x', 'switchrate=5ms').concat(String(caller.pid))));
          if (bench.bpftrace !== undefined) peer.push(await lost(bpftraceCommand(peerProgram(caller.pid))));
        }
      } finally {
        await caller.close();
      }
      const losses = (runs: readonly { readonly lost: number }[]) => runs.map(({ lost }) => Math.abs(lost));
      const samples = losses(peer);
      bench.report(
        figureOf(
          `of ${calls.toLocaleString('en')} counts`,
          'lost',
          losses(ours),
          { name: 'bpftrace', samples },
          { of: 'ours', atMost: 0 },
        ),
      );
      bench.note(
        `printed ${ours.map(({ prints }) => prints).join(', ')} times, bpftrace ${peer.map(({ prints }) => prints).join(', ') || '-'}`,
      );
    }),
};
