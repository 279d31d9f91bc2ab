/**
 * A session: a D program enabled on the live kernel, from warm-up to the last record.
 *
 * Its activity goes inactive → warm-up (BEGIN) → active → draining (exit() or stop) → stopped, and probes compare it
 * when they open. Buffers and aggregations have two halves: the live one is the probes', the other the consumer's. A
 * switch flips the selector, then synchronises: after that no firing works in the half that was left, and it is read
 * from mapped memory, so that the consumer calls nothing that would make the kernel skip a tick.
 */

import { attachRawTracepoint } from '../bpf/link.js';
import { loadProgram } from '../bpf/loader.js';
import { type BpfMap, createMap, createMaps } from '../bpf/map.js';
import type { Program } from '../bpf/program.js';
import { type CrossCall, createCrossCall, runProgram } from '../bpf/run.js';
import type { DeadmanTimes } from '../d/codegen/cyclic.js';
import { generateDepthHandler, generateObserver, generateSwitchObserver } from '../d/codegen/handler.js';
import { controlBlock, controlWords, noSlot } from '../d/codegen/memory/layout.js';
import { requestKinds } from '../d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../d/codegen/memory/memory.js';
import type { TargetKernel } from '../d/codegen/target.js';
import { tickCounters } from '../providers/profile.js';
import { createPossessions, type MappedMemory, onlineCpus, possibleCpus, realtimeOffset } from '../sys/index.js';
import { type ServedMailbox, serveMailbox } from '../xcall/mailbox/open.js';
import { MailboxError } from '../xcall/mailbox/thread.js';
import { createSync, type Straggler, type Sync } from '../xcall/sync.js';
import { type AggregationVisitor, takeAreas } from './aggregation-areas.js';
import { type Control, controlOf, type Resource } from './control.js';
import { createCyclics, deadmanTimes } from './cyclics.js';
import { countDrops, type DropCount } from './drops.js';
import type { Enabling } from './enabling.js';
import { type CpuArrival, followCpus } from './hotplug.js';
import { defaultOptions } from './options/options.js';
import { type PrincipalBatch, takeHalf } from './principal.js';
import { loadSpeculationCleaner } from './speculations.js';
import { openTimers, type TickCount, type Timers } from './ticks.js';

/** An enabled program. */
export interface Session {
  readonly enabling: Enabling;
  readonly control: Control;
  readonly sync: Sync;
  /** Where probes ask for syncs; undefined where the program has neither sync() nor synced(). */
  readonly mailbox: ServedMailbox | undefined;
  /** Why the session cannot go on: its mailbox has ended, or none could be opened for the deadman. */
  readonly failure: unknown;
  /** CPU by slot; grows when a CPU comes online. */
  readonly cpuOfSlot: readonly (number | undefined)[];
  /** Runs BEGIN, then lets every other probe fire, unless BEGIN has called exit(). Throws MailboxError. */
  go(): void;
  /** Whether exit() was called, `stop()` has begun, or the deadman has ended the tracing. */
  readonly draining: boolean;
  /** Whether the deadman has ended the tracing. */
  readonly killed: boolean;
  /** The largest share of a live principal buffer that is in use, from 0 to 1. */
  fill(): number;
  /** Switches the principal buffers and takes what they hold, a batch a CPU that has any. */
  takePrincipal(): readonly PrincipalBatch[];
  /** Switches the aggregations and hands every entry to `visit`, once. */
  takeAggregations(visit: AggregationVisitor): void;
  /** Sets the difference of the clocks anew, for walltimestamp. */
  adjustClock(): void;
  /** Lets probes fire on CPUs that have come online since this was last called, and gives those CPUs. */
  followCpus(): readonly CpuArrival[];
  drops(): readonly DropCount[];
  ticks(): readonly TickCount[];
  /**
   * Ends the tracing: no probe fires any more, those that were open have finished. `last` then takes what the other
   * CPUs hold; END fires after that, unless the deadman has ended the tracing, and its records are returned: they are
   * the last ones. Every sync that was asked for is complete before `last` is called, unless the mailbox has failed
   * (`mailbox.failure`).
   */
  stop(last: (batches: readonly PrincipalBatch[]) => void): readonly PrincipalBatch[];
  /** Detaches and frees everything. Closing again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/** How a session is to be. */
export interface SessionOptions {
  /**
   * When the deadman ends the tracing; `deadmanTimes` unless given. Off is for programs that may have effects (`-w`), as
   * in DTrace. The consumer is taken to be alive while the event loop goes round.
   */
  readonly deadman?: DeadmanTimes | 'off';
  /**
   * How `sync()` asks a CPU, instead of by `call`, to see what becomes of a session with a wrong way (`xcall storm
   * --break`); `depthOf` is the CPU's in-probe count as seen from afar.
   */
  readonly askWith?: (call: CrossCall, depthOf: (cpu: number) => number) => CrossCall;
  /** How often freed dynamic variables are cleaned, nanoseconds: the option `cleanrate`. */
  readonly cleanrate?: number;
}

/** Loads and attaches everything; no probe fires before `go()`. Throws the errors of the BPF layer; nothing is left then. */
export function openSession(
  enabling: Enabling,
  kernel: TargetKernel,
  { deadman = deadmanTimes, cleanrate = defaultOptions.cleanrate, askWith = (asked) => asked }: SessionOptions = {},
): Session {
  const { memory } = enabling;
  const { shape } = memory;
  const { own, close } = createPossessions();
  try {
    const cpuOfSlot = assignSlots(shape.slots);
    const maps = new Map<string, BpfMap>([
      [mapNames.control, own(createMap(controlMap(shape.slots)))],
      [mapNames.slots, own(createMap(slotsMap(shape.cpus, cpuOfSlot)))],
    ]);
    for (const [name, map] of createMaps(enabling.maps)) maps.set(name, own(map));
    const mapped = (name: string): MappedMemory => {
      const found = maps.get(name)?.memory;
      if (found === undefined) throw new Error(`map ${name} is not mapped`);
      return found;
    };
    const control = controlOf(mapped(mapNames.control));
    control.setWallOffset(realtimeOffset().nanoseconds);

    const load = (spec: Parameters<typeof loadProgram>[0]): Program => own(loadProgram(spec, maps));
    const inspect = inspector(control, cpuOfSlot, () => loadProgram(generateObserver(shape, kernel), maps));
    const depthOf = (cpu: number): number => control.inprobe(cpuOfSlot.indexOf(cpu));
    const call = askWith(createCrossCall(load(generateDepthHandler(shape))), depthOf);
    const sync = createSync({ call, possibleCpus: possibleCpus(), inspect });
    const dynamic = [...memory.associative.values()].map((array) => array.dynamic);
    const openMailbox = (): ServedMailbox => {
      const [box, doorbell, slotOfCpu] = [mapNames.mailbox, mapNames.doorbell, mapNames.slots].map((name) =>
        maps.get(name),
      );
      if (box === undefined || doorbell === undefined || slotOfCpu === undefined)
        throw new Error('there is no mailbox');
      const depth = load(generateDepthHandler(shape));
      const arrays = dynamic.flatMap((layout) => {
        const map = maps.get(layout.map);
        return map === undefined ? [] : [{ layout, map }];
      });
      const states = maps.get(mapNames.speculations);
      const speculations =
        memory.speculations && states !== undefined ? loadSpeculationCleaner(shape, states, load) : undefined;
      return serveMailbox({
        ...{ mailbox: box, doorbell, slotOfCpu, slots: shape.slots, depth, inspect, arrays, speculations },
      });
    };
    let cyclicFailure: unknown;
    let served: ServedMailbox | undefined;
    const serve = (): ServedMailbox => {
      served ??= own(openMailbox());
      return served;
    };
    const mailbox = memory.mailbox ? serve() : undefined;
    // Freed elements may be wanted again at once: their server is there from the beginning.
    if (dynamic.length > 0 || memory.speculations) serve();
    const cyclics = own(
      createCyclics({
        ...{ shape, kernel, control, cpuOfSlot, load, arrays: dynamic, cleanrate: BigInt(Math.round(cleanrate)) },
        speculations: memory.speculations,
        deadman: deadman === 'off' ? undefined : deadman,
        serve: () => serve().starting,
        onFailure: (error) => {
          cyclicFailure = error;
        },
      }),
    );
    const programs = new Map(enabling.sites.map((site) => [site, load(site.spec)]));
    if (memory.builtins.has('vtimestamp')) own(attachRawTracepoint(load(generateSwitchObserver(shape, kernel))));
    let timers: Timers | undefined;
    for (const [{ plan }, program] of programs) {
      const { attachment } = plan;
      if (attachment.kind === 'typed-raw-tracepoint' || attachment.kind === 'timers') {
        own(attachRawTracepoint(program));
      }
      const counters = maps.get(tickCounters.map);
      if (attachment.kind === 'timers' && counters !== undefined) {
        timers = own(openTimers(attachment.timers, cpuOfSlot, counters));
      }
    }
    const programOf = (kind: 'begin' | 'end'): Program | undefined =>
      [...programs].find(([{ plan }]) => plan.attachment.kind === kind)?.[1];

    const flip = (resource: Resource): 0 | 1 => {
      const left = control.flip(resource);
      sync.sync();
      return left;
    };
    const takePrincipal = (): readonly PrincipalBatch[] => {
      const half = flip('principal');
      const principal = mapped(mapNames.principal);
      return cpuOfSlot.flatMap((cpu, slot) => {
        if (cpu === undefined) return [];
        const batch = takeHalf(principal, control, shape, slot, half);
        return batch.bytes.length > 0 || batch.drops > 0 ? [{ cpu, ...batch }] : [];
      });
    };
    const follow = followCpus({
      ...{ cpuOfSlot, slots: mapped(mapNames.slots).bytes, timers, own: cyclics, onlineCpus },
      now: () => performance.now() * 1e6,
    });
    /** Publishes what the CPUs still have of speculations that were committed. */
    const clean = (): void => {
      if (!memory.speculations) return;
      served?.post(requestKinds.clean);
      settle(served);
    };
    const setDraining = (): void => {
      for (const from of ['active', 'warmup', 'inactive'] as const) control.advance(from, 'draining');
    };

    return {
      enabling,
      control,
      sync,
      mailbox,
      get failure() {
        return mailbox?.failure ?? cyclicFailure;
      },
      cpuOfSlot,
      get draining() {
        const now = control.activity();
        return now === 'draining' || now === 'stopped' || now === 'killed';
      },
      get killed() {
        return control.activity() === 'killed';
      },
      go: () => {
        served?.awaitServing();
        control.setActivity('warmup');
        const begin = programOf('begin');
        if (begin !== undefined) runProgram(begin);
        if (!control.advance('warmup', 'active')) return;
        cyclics.start();
        timers?.start();
      },
      fill: () => {
        const half = control.liveHalf('principal');
        return Math.max(
          ...cpuOfSlot.map((cpu, slot) =>
            cpu === undefined ? 0 : control.principalUsed(slot, half) / shape.bufferSize,
          ),
        );
      },
      takePrincipal,
      takeAggregations: (visit) => {
        if (memory.aggregations.areaSize === 0) return;
        takeAreas(mapped(mapNames.aggregations), memory, flip('aggregations'), cpuOfSlot, visit);
      },
      adjustClock: () => control.setWallOffset(realtimeOffset().nanoseconds),
      followCpus: follow,
      drops: () =>
        countDrops({
          ...{ control, cpuOfSlot, shape, mailbox, programs: programs.values() },
          arrays: dynamic.map((layout) => mapped(layout.map)),
          speculations: maps.get(mapNames.speculations),
        }),
      ticks: () => timers?.counts() ?? [],
      stop: (last) => {
        setDraining();
        timers?.stop();
        // Every firing that saw `active` has finished after this; what they left lies in the live half.
        sync.sync();
        settle(mailbox);
        clean();
        last(takePrincipal());
        if (control.activity() === 'killed') return [];
        const end = programOf('end');
        if (end !== undefined) runProgram(end);
        settle(mailbox);
        clean();
        control.setActivity('stopped');
        return takePrincipal();
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Waits until all that was asked for is done. A mailbox that fails says so itself, and what was recorded is not lost. */
function settle(mailbox: ServedMailbox | undefined): void {
  try {
    mailbox?.drain();
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error;
  }
}

/** Slots for the CPUs that are online, in their order. */
function assignSlots(slots: number): (number | undefined)[] {
  const online = onlineCpus();
  return Array.from({ length: slots }, (_, slot) => online[slot]);
}

const arrayMap = { type: 'array', keySize: 4, maxEntries: 1, mapped: true } as const;

const controlMap = (slots: number) => ({
  ...arrayMap,
  name: mapNames.control,
  valueSize: controlWords.blocks + slots * controlBlock.size,
});

function slotsMap(cpus: number, cpuOfSlot: readonly (number | undefined)[]) {
  const contents = new Uint8Array(Math.max(8, cpus)).fill(noSlot);
  for (const [slot, cpu] of cpuOfSlot.entries()) if (cpu !== undefined) contents[cpu] = slot;
  return { ...arrayMap, name: mapNames.slots, valueSize: contents.length, contents };
}

/** Finds out who keeps a CPU from draining; the observer is loaded only then. */
function inspector(
  control: Control,
  cpuOfSlot: readonly (number | undefined)[],
  loadObserver: () => Program,
): (cpu: number) => Straggler {
  return (cpu) => {
    const slot = cpuOfSlot.indexOf(cpu);
    const observer = loadObserver();
    try {
      runProgram(observer, { cpu });
    } finally {
      observer.close();
    }
    return { cpu, epid: control.lastEpid(slot), pid: control.observedPid(slot) };
  };
}
