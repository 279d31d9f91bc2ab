/**
 * Ticks of profile-4999 that are lost while a process on one CPU makes nothing but traced system calls. Expected is what
 * fits between the first tick and the last one, on whatever CPU; counted is what each CPU's aggregation says.
 */

import type { Bench, Row } from '../bench.js';
import { startAnswerer, startTracer } from '../child.js';
import { figureOf, type Target } from '../figure.js';
import { apart, bpftraceCommand, cpuRoles, dtraceCommand } from '../tracers.js';

const frequency = 4999;
const seconds = 3;
const pairs = 5;

/** Both print lines `n CPU TICKS`, then `first NS` and `last NS`; ours also its own account, on standard error. */
const ourProgram = `
BEGIN { printf("ready\\n"); }
syscall:::entry /pid == $1/ { @calls = count(); }
syscall:::return /pid == $1/ { @calls = count(); }
profile-${frequency} { @n[cpu] = count(); @first = min(timestamp); @last = max(timestamp); }
tick-${seconds}s { exit(0); }
END { printa("n %d %@d\\n", @n); printa("first %@d\\n", @first); printa("last %@d\\n", @last); clear(@calls); }`;

const peerProgram = (pid: number): string => `
BEGIN { printf("ready\\n"); }
tracepoint:raw_syscalls:sys_enter /pid == ${pid}/ { @calls = count(); }
tracepoint:raw_syscalls:sys_exit /pid == ${pid}/ { @calls = count(); }
profile:hz:${frequency} { @n[cpu] = count(); @last = max(nsecs); if (!@first) { @first = nsecs; } }
interval:s:${seconds} { exit(); }`;

const nothing: Target = { of: 'ours', atMost: 0 };

interface TickLoss {
  /** Per cent of the expected ticks, by CPU. */
  readonly lost: ReadonlyMap<number, number>;
  readonly expected: number;
  readonly errors: string;
}

function lossOf(output: string, errors: string): TickLoss {
  const counts = new Map<number, number>();
  // Ours: `n 1 14995`; bpftrace's: `@n[1]: 14995`.
  for (const [, cpu, count] of output.matchAll(/^(?:n |@n\[)(\d+)(?: |\]: )(\d+)$/gm))
    counts.set(Number(cpu), Number(count));
  const time = (name: string): bigint => BigInt(new RegExp(`^@?${name}:? (\\d+)$`, 'm').exec(output)?.[1] ?? '0');
  const period = BigInt(Math.floor(1e9 / frequency));
  // Half a period more, since the CPUs' timers are not in step.
  const expected = Number((time('last') - time('first') + period / 2n) / period) + 1;
  const { caller, tracers } = cpuRoles();
  const lost = [caller, ...tracers].map((cpu): [number, number] => [
    cpu,
    Math.max(0, (100 * (expected - (counts.get(cpu) ?? 0))) / expected),
  ]);
  return { lost: new Map(lost), expected, errors };
}

const ticksLost = ({ lost, expected }: TickLoss, cpu: number): number =>
  Math.round(((lost.get(cpu) ?? Number.NaN) * expected) / 100);

/** What our dtrace itself says that it lost on a CPU, over all runs. */
function accountOf(losses: readonly TickLoss[], cpu: number): { readonly late: number; readonly missed: number } {
  const messages = losses
    .flatMap(({ errors }) => errors.split('\n'))
    .filter((text) => text.includes(` on CPU ${cpu} `));
  const sum = (cause: RegExp) => messages.reduce((total, text) => total + Number(cause.exec(text)?.[1] ?? 0), 0);
  return { late: sum(/(\d+) late by/), missed: sum(/(\d+) not delivered/) };
}

async function trace(command: readonly string[]): Promise<TickLoss> {
  const tracer = await startTracer(command);
  await tracer.ended();
  return lossOf(tracer.output(), tracer.errors());
}

/** Issue 2: none lost in the storm; on an idle CPU none, or reported with the cause. */
export const ticksRow: Row = {
  name: 'ticks',
  title: `profile-${frequency} ticks lost in a storm of traced system calls`,
  run: (bench: Bench) =>
    apart(async () => {
      const { caller: stormy, tracers } = cpuRoles();
      const caller = startAnswerer(bench.native('caller'), String(stormy));
      const storm = caller.ask('storm');
      const ours: TickLoss[] = [];
      const peer: TickLoss[] = [];
      try {
        for (let pair = 0; pair < pairs; pair += 1) {
          ours.push(await trace(dtraceCommand(ourProgram, '-x', 'switchrate=20ms').concat(String(caller.pid))));
          if (bench.bpftrace !== undefined) peer.push(await trace(bpftraceCommand(peerProgram(caller.pid))));
        }
      } finally {
        caller.signal('SIGUSR1');
        await storm;
        await caller.close();
      }
      const on = (cpu: number, losses: readonly TickLoss[]) => losses.map(({ lost }) => lost.get(cpu) ?? Number.NaN);
      const figure = (what: string, cpu: number, target?: Target) =>
        figureOf(what, '%', on(cpu, ours), { name: 'bpftrace', samples: on(cpu, peer) }, target);
      bench.report(figure(`lost on the storm's CPU ${stormy}`, stormy, nothing));
      const other = ours.map((loss) => Math.max(0, ticksLost(loss, stormy) - accountOf([loss], stormy).late));
      bench.report(figureOf('of these not because the interrupt was late', 'ticks', other, undefined, nothing));
      for (const cpu of tracers) if (cpu !== stormy) bench.report(figure(`lost on CPU ${cpu}, else idle`, cpu));
      const expected = ours.reduce((sum, loss) => sum + loss.expected, 0);
      for (const cpu of [stormy, ...tracers.filter((one) => one !== stormy)]) {
        const { late, missed } = accountOf(ours, cpu);
        bench.note(
          `own account of CPU ${cpu}: late by whole periods (CPU or host busy) ${late}, not delivered ${missed}, of ${expected}`,
        );
      }
    }),
};
