/** A storm from its first epoch to its last, with what runs beside it. */

import type { TargetKernel } from '../../../d/codegen/target.js';
import { UnresponsiveError } from '../../../session/cyclics.js';
import { MailboxError } from '../../../xcall/mailbox/thread.js';
import { SyncError } from '../../../xcall/sync.js';
import type { Interrupts } from '../../interrupts.js';
import type { BreakName } from '../flags.js';
import { removableCpu, unplugBriefly } from './beside/hotplug.js';
import { type Peer, type PeerOutcome, peerViolations, startPeer } from './beside/peers.js';
import { type Break, breaks } from './breaks.js';
import { runEpoch } from './epoch.js';
import { type Load, startLoad } from './load/load.js';
import { tooLittle } from './outcome/exercise.js';
import type { Storm } from './outcome/report.js';
import { createTally, type Tally } from './outcome/tally.js';
import { stormProgram } from './program.js';
import { type PlannedEpoch, planBreak, planStorm } from './schedule.js';
import { createPulse, type Stage } from './watchdog/pulse.js';
import { startWatchdog } from './watchdog/watchdog.js';

/** What is wanted. */
export interface StormOptions {
  readonly seconds: number;
  /** Ticks a second on every CPU. */
  readonly tickRate: number;
  /** A mechanism that is wrong: the storm ends once that shows. */
  readonly broken: BreakName | undefined;
  readonly interrupts: Interrupts;
  readonly kernel: TargetKernel;
  /** Tells how far it is, from 0 to 1, and what goes on. */
  readonly onProgress: (share: number, what: string) => void;
}

/** Raises it, and lays it. Throws the errors of the BPF layer, LoadError. */
export async function raiseStorm(options: StormOptions): Promise<Storm> {
  const { seconds, broken, interrupts } = options;
  const pulse = createPulse();
  // Processes may take their time to start, which is bounded.
  const patiently = async <T>(stage: Stage, start: () => Promise<T>): Promise<T> => {
    pulse.at(stage);
    const beating = setInterval(() => pulse.at(stage), 1000);
    return start().finally(() => clearInterval(beating));
  };
  using load = await patiently('starts its workers', startLoad);
  const watchdog = startWatchdog(pulse, load);
  const tally = createTally();
  const beside = createCompanions(load, tally, interrupts);
  const start = performance.now();
  let going: PlannedEpoch['company'] = 'alone';
  const showing = setInterval(() => {
    options.onProgress(Math.min(1, (performance.now() - start) / 1000 / seconds), progressText[going]);
  }, 500);
  try {
    const plan = broken === undefined ? planStorm(seconds) : planBreak(seconds);
    const { reshape, mechanisms = {} }: Partial<Break> = broken === undefined ? {} : breaks[broken];
    pulse.at('compiles its programs');
    const program = stormProgram(load, options.kernel, reshape ?? ((shape) => shape), options.tickRate);
    for (const planned of plan) {
      if (interrupts.seen || load.lost !== undefined || tally.violations.length > 0) break;
      going = planned.company;
      const companion = await patiently('starts another tracer', () => beside.begin(planned));
      const over = (): boolean => interrupts.seen || load.lost !== undefined;
      try {
        const { kernel } = options;
        const { milliseconds, company } = planned;
        const epoch = await runEpoch({ program, kernel, mechanisms, load, pulse, milliseconds, over });
        tally.add(epoch, company);
      } catch (error) {
        if (!isHang(error)) throw error;
        tally.report({ check: 'hang', text: error.message });
      } finally {
        pulse.at('waits for what runs beside it');
        await companion();
      }
    }
    if (load.lost !== undefined) tally.report({ check: 'exercise', text: load.lost });
    if (broken === undefined) for (const violation of tooLittle(tally.totals)) tally.report(violation);
    pulse.at('ends');
    const { totals, violations } = tally;
    return { totals, violations, broken, interrupted: interrupts.seen, ...beside.outcome(broken) };
  } finally {
    clearInterval(showing);
    await watchdog.end();
  }
}

const progressText: Readonly<Record<PlannedEpoch['company'], string>> = {
  alone: 'storm',
  dtrace: 'storm, and another dtrace',
  bpftrace: 'storm, and a bpftrace',
  hotplug: 'storm, and a CPU goes',
};

/** The tracer's own ways to say that something does not get on. */
const isHang = (error: unknown): error is Error =>
  error instanceof SyncError || error instanceof MailboxError || error instanceof UnresponsiveError;

interface Companions {
  /** Begins what goes with an epoch; the function ends it, once the epoch is over. */
  begin(planned: PlannedEpoch): Promise<() => Promise<void>>;
  outcome(broken: BreakName | undefined): Pick<Storm, 'peers' | 'hotplug' | 'notes'>;
}

const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function createCompanions(load: Load, tally: Tally, interrupts: Interrupts): Companions {
  const removable = removableCpu();
  const peers = new Map<string, PeerOutcome>();
  const notes = new Set<string>();
  const heard = new Set<string>();
  let unplugged = 0;
  const nobody = async (): Promise<void> => {};

  const beginPeer = async (name: PeerOutcome['name'], milliseconds: number): Promise<() => Promise<void>> => {
    const peer = await startPeer(name, load);
    if (typeof peer === 'string') {
      if (name === 'dtrace' && !interrupts.seen) tally.report({ check: 'peer', text: peer });
      else notes.add(`left out: ${peer}`);
      return nobody;
    }
    // It goes in mid-storm, as it came.
    const ended = endIn(peer, milliseconds * 0.8, interrupts);
    return async () => {
      const outcome = await ended;
      peers.set(name, together(peers.get(name), outcome));
      if (!interrupts.seen) for (const violation of peerViolations(outcome)) tally.report(violation);
      // It says much the same each time.
      if (outcome.said === '' || heard.has(name)) return;
      heard.add(name);
      notes.add(`${name} says: ${outcome.said.split('\n').slice(0, 3).join('; ')}`);
    };
  };
  const beginHotplug = async (milliseconds: number): Promise<() => Promise<void>> => {
    if ('reason' in removable) return nobody;
    const done = after(milliseconds * 0.3).then(() => (interrupts.seen ? 'interrupted' : unplugBriefly(removable.cpu)));
    return async () => {
      const problem = await done;
      if (problem === undefined) unplugged += 1;
      else if (problem !== 'interrupted') notes.add(`CPU ${removable.cpu} did not go: ${problem}`);
      load.pin();
    };
  };
  return {
    begin: async ({ company, milliseconds }) => {
      if (company === 'alone') return nobody;
      return company === 'hotplug' ? beginHotplug(milliseconds) : beginPeer(company, milliseconds);
    },
    outcome: (broken) => ({
      peers: [...peers.values()],
      hotplug:
        broken !== undefined
          ? 'not with --break'
          : unplugged > 0 || !('reason' in removable)
            ? unplugged
            : removable.reason,
      notes: [...notes],
    }),
  };
}

async function endIn(peer: Peer, milliseconds: number, interrupts: Interrupts): Promise<PeerOutcome> {
  for (let left = milliseconds; left > 0 && !interrupts.seen; left -= 50) await after(Math.min(left, 50));
  return peer.end();
}

function together(before: PeerOutcome | undefined, now: PeerOutcome): PeerOutcome {
  if (before === undefined) return now;
  const { calls, ticks, due, ran } = before;
  return { ...now, ran: ran && now.ran, calls: calls + now.calls, ticks: ticks + now.ticks, due: due + now.due };
}
