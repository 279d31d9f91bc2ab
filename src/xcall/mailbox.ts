/**
 * Requests from interrupt context, for programs of one's own: a mailbox to which eBPF programs post from wherever they
 * run, and the process too. It answers in process context, later; nobody waits who may not.
 */

import { helperNumber } from '../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  move,
} from '../bpf/instruction.js';
import type { MapsByName } from '../bpf/loader.js';
import { createMaps } from '../bpf/map.js';
import type { Program } from '../bpf/program.js';
import { runProgram } from '../bpf/run.js';
import { createEmitter, type Emitter } from '../d/codegen/emitter.js';
import { blockOfCpu, generateDepthHandler } from '../d/codegen/handler.js';
import {
  emitPostFunction,
  emitSyncedFunction,
  postFunction,
  spontaneous,
  syncedFunction,
} from '../d/codegen/mailbox.js';
import { controlBlock, controlWords, noSlot, type RuntimeShape } from '../d/codegen/memory/layout.js';
import { mailboxMaps, requestKinds } from '../d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../d/codegen/memory/memory.js';
import { createPossessions, onlineCpus, possibleCpus } from '../sys/index.js';
import { HandlerError } from './errors.js';
import { loadHandler } from './handler.js';
import type { MailboxStatistics } from './mailbox/boxes.js';
import { serveMailbox } from './mailbox/open.js';
import type { MailboxError } from './mailbox/thread.js';
import type { Straggler } from './sync.js';
import { checkCpu, type Handler } from './xcall.js';

/** A handler that requests call by its name. */
export interface MailboxHandler {
  /** Loaded, or its instructions. It has no argument and must not read one. */
  readonly handler: Handler;
  /** Where it runs. */
  readonly cpu: number | 'all';
}

/** What a mailbox is to have. */
export interface MailboxOptions {
  /** Handlers by name, at most 253; none is called `sync`. */
  readonly handlers?: Readonly<Record<string, MailboxHandler>>;
  /** Maps that handlers given as instructions name. */
  readonly maps?: MapsByName;
}

/** Code for programs that use a mailbox. All of it loses r0 to r5. */
export interface MailboxCode {
  /** A program's items, and behind them the functions that they call of those that the rest calls. */
  link(items: readonly AssemblyItem[]): readonly AssemblyItem[];
  /**
   * Begins and ends what a sync waits for: everything that the program does with shared memory stands between the two.
   * A program that does neither is not waited for.
   */
  readonly enter: readonly AssemblyItem[];
  readonly leave: readonly AssemblyItem[];
  /**
   * Posts a request for a sync, or for a call of the handler: leaves its number in r0, 0 where it could not be taken.
   * `spontaneous` says that a clock of its own runs the program, so that the post cannot be the doing of the server.
   */
  post(request: string, options?: { readonly spontaneous?: boolean }): readonly AssemblyItem[];
  /** Leaves 1 in r0 if the request with the number in r1 is complete, otherwise 0. */
  readonly synced: readonly AssemblyItem[];
}

/** A mailbox. Close it, or declare it with `using`. */
export interface Mailbox {
  /** What programs need that use it: the maps `mailbox`, `doorbell`, `control` and `slots`. */
  readonly maps: MapsByName;
  readonly code: MailboxCode;
  /** Asks for a sync from the process: the request's number, or 0 where its box is full. It does not wait. */
  sync(): bigint;
  /** Asks for a call of a handler. Throws HandlerError (there is none of that name). */
  post(handler: string): bigint;
  /**
   * Whether a request is complete, whoever posted it. Of a sync this means: no CPU is inside a program that had entered
   * when the request was posted, and all their stores are visible. Of a call: the handler has run since, on every CPU of
   * its own that was online.
   */
  synced(number: bigint): boolean;
  /** What a handler returned last, by CPU; CPUs where it has not run, or that were offline then, are left out. */
  answers(handler: string): readonly { readonly cpu: number; readonly value: number }[];
  /** Blocks until all requests that were posted are complete. Throws MailboxError. */
  drain(): void;
  readonly statistics: MailboxStatistics;
  /** Why the server has ended, if it has: requests that are not complete stay so until `restart()`. */
  readonly failure: MailboxError | undefined;
  /** Puts a new server in the place of one that has ended. Throws MailboxError. */
  restart(): void;
  /** Completes what was posted and frees everything. Programs that use it should be detached. Closing again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

const enterFunction = 'mailbox_enter';
const leaveFunction = 'mailbox_leave';

/** How often a post that others overtake tries again, less one. */
const levels = 8;

const mostSlots = 128;

const powerOfTwo = (atLeast: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)));

/**
 * Opens a mailbox, whose server runs in a thread of its own.
 *
 *     using mailbox = createMailbox();
 *     const { enter, leave, post, link } = mailbox.code;
 *     const items = link([functionStart('tick', 1, 'global'), ...enter, ...post('sync'), ...leave, move('r0', 0), exit()]);
 *     using program = loadProgram({ name: 'tick', kind: { type: 'raw-tracepoint' }, items }, mailbox.maps);
 *     const number = mailbox.sync(); // mailbox.synced(number) is true some hundred microseconds later
 *
 * A request joins the youngest of its CPU if that is equal and not begun: a handler runs at least once after each post, not once for each.
 *
 * Throws HandlerError (the verifier refuses a handler, it reads an argument, there are too many), NoSuchCpuError,
 * MailboxError (the thread does not start), UnsupportedFeatureError (Linux before 5.10), PrivilegeError,
 * SystemCallError; nothing is left then.
 */
export function createMailbox({ handlers = {}, maps: others = new Map() }: MailboxOptions = {}): Mailbox {
  const shape = shapeOfMachine();
  const names = Object.keys(handlers);
  if (names.includes('sync') || names.length > requestKinds.last - requestKinds.firstHandler + 1) {
    const [name = ''] = names.includes('sync') ? ['sync'] : names;
    throw new HandlerError(name, `the mailbox cannot have these handlers`, 'have at most 253, and call none `sync`');
  }
  for (const { cpu } of Object.values(handlers)) if (cpu !== 'all') checkCpu(cpu);
  const { own, close } = createPossessions();
  const kindOf = (request: string): number => {
    if (request === 'sync') return requestKinds.sync;
    const index = names.indexOf(request);
    if (index < 0) throw new HandlerError(request, `the mailbox has no handler ${request}`, 'name it when opening');
    return requestKinds.firstHandler + index;
  };
  try {
    const maps = createMaps([...mailboxMaps(shape), ...placeMaps(shape)]);
    for (const map of maps.values()) own(map);
    const map = (name: string) => {
      const found = maps.get(name);
      if (found === undefined) throw new Error(`there is no map ${name}`);
      return found;
    };
    const depth = own(loadHandler(generateDepthHandler(shape).items, { name: 'sync_depth', maps }));
    const observer = own(loadHandler(whoRuns, { name: 'mailbox_observe' }));
    const loaded = names.flatMap((name) => {
      const { handler, cpu } = handlers[name] ?? {};
      if (handler === undefined || cpu === undefined) return [];
      const program = 'fd' in handler ? handler : own(loadHandler(handler, { name, maps: others }));
      return [{ name, program, cpu }];
    });
    const served = own(
      serveMailbox({
        mailbox: map(mapNames.mailbox),
        doorbell: map(mapNames.doorbell),
        slotOfCpu: map(mapNames.slots),
        slots: shape.slots,
        depth,
        handlers: loaded,
        inspect: (cpu) => observed(observer, cpu),
      }),
    );
    served.awaitServing();
    return {
      maps,
      code: codeFor(shape, kindOf),
      sync: () => served.post(requestKinds.sync),
      post: (handler) => served.post(kindOf(handler)),
      synced: (number) => served.isComplete(number),
      answers: (handler) => served.answers(kindOf(handler) - requestKinds.firstHandler),
      drain: () => served.drain(),
      get statistics() {
        return served.statistics;
      },
      get failure() {
        return served.failure;
      },
      restart: () => served.restart(),
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Returns the process that is running, as the initial pid namespace numbers it. */
const whoRuns: readonly AssemblyItem[] = [callHelper(helperNumber.getCurrentPidTgid), alu('rsh', 'r0', 32), exit()];

/** Who is on a CPU that does not drain. Programs of one's own have no EPID. */
function observed(observer: Program, cpu: number): Straggler {
  const run = runProgram(observer, { cpu });
  return { cpu, epid: 0, pid: run.kind === 'returned' ? run.returnValue : 0 };
}

function shapeOfMachine(): RuntimeShape {
  const possible = possibleCpus();
  return {
    slots: Math.min(mostSlots, powerOfTwo(possible.length)),
    cpus: powerOfTwo(Math.max(...possible) + 1),
    levels,
    preemptible: true,
    bufferSize: 0,
    aggregationSize: 0,
    dynamicEntries: 0,
    speculations: 0,
    speculationSize: 0,
  };
}

/** The control blocks, and the slot of each CPU; where there are more CPUs than slots, those that are online have one. */
function placeMaps(shape: RuntimeShape) {
  const array = { type: 'array', keySize: 4, maxEntries: 1, mapped: true } as const;
  const slotted = [...new Set([...onlineCpus(), ...possibleCpus()])].slice(0, shape.slots);
  const contents = new Uint8Array(Math.max(8, shape.cpus)).fill(noSlot);
  for (const [slot, cpu] of slotted.entries()) contents[cpu] = slot;
  return [
    { ...array, name: mapNames.control, valueSize: controlWords.blocks + shape.slots * controlBlock.size },
    { ...array, name: mapNames.slots, valueSize: contents.length, contents },
  ];
}

function codeFor(shape: RuntimeShape, kindOf: (request: string) => number): MailboxCode {
  const generators: Readonly<Record<string, (emitter: Emitter) => void>> = {
    [postFunction]: (emitter) => emitPostFunction(emitter, shape),
    [syncedFunction]: (emitter) => emitSyncedFunction(emitter, shape),
    [enterFunction]: (emitter) => emitInprobe(emitter, shape, enterFunction, 1),
    [leaveFunction]: (emitter) => emitInprobe(emitter, shape, leaveFunction, -1),
  };
  return {
    link: (items) => {
      const emitter = createEmitter();
      const called = new Set(items.map((item) => (item.kind === 'call-function' ? item.target : undefined)));
      for (const [name, generate] of Object.entries(generators)) if (called.has(name)) generate(emitter);
      return [...items, ...emitter.items];
    },
    enter: [callFunction(enterFunction)],
    leave: [callFunction(leaveFunction)],
    post: (request, options = {}) => [
      move('r1', kindOf(request) | (options.spontaneous === true ? spontaneous : 0)),
      callFunction(postFunction),
    ],
    synced: [callFunction(syncedFunction)],
  };
}

/** Generates a function that changes the in-probe count of its CPU. */
function emitInprobe(emitter: Emitter, shape: RuntimeShape, name: string, change: number): void {
  const outside = emitter.fresh('outside');
  // With fetch, it orders what follows, or what went before, on every machine.
  emitter.emit(
    functionStart(name, 0, 'global'),
    ...blockOfCpu(shape, outside),
    move('r1', change),
    atomic('fetch-add', 8, 'r2', controlBlock.inprobe, 'r1'),
  );
  emitter.place(outside);
  emitter.emit(move('r0', 0), exit());
}
