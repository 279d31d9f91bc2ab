/** A mailbox at work: its maps, its server's thread, and what both need, opened and closed as one. */

import { loadProgram } from '../../bpf/loader.js';
import type { BpfMap } from '../../bpf/map.js';
import type { Program } from '../../bpf/program.js';
import { generateThreadIdentity } from '../../d/codegen/handler.js';
import type { DynamicLayout } from '../../d/codegen/memory/dynamic-layout.js';
import { requestKinds } from '../../d/codegen/memory/mailbox-layout.js';
import type { SpeculationShape } from '../../d/codegen/memory/speculation-layout.js';
import {
  createEvent,
  createPossessions,
  type MappedMemory,
  mapShared,
  mapSharedToRead,
  placeOf,
  possibleCpus,
  readClock,
  signalEvent,
} from '../../sys/index.js';
import { requireCallable } from '../handler.js';
import { type Straggler, SyncError } from '../sync.js';
import type { AssignedHandler, Assignment } from './assignment.js';
import { type Boxes, createBoxes, type MailboxStatistics } from './boxes.js';
import { MailboxError, type ServerThread, startThread } from './thread.js';
import { atomicWords } from './words.js';

/** Speculations to be cleaned: the map `speculations`, and the programs of `generateSpeculationCleaner()`. */
export interface ServedSpeculations {
  readonly shape: SpeculationShape;
  readonly map: BpfMap;
  readonly here: Program;
  readonly stranded: Program;
  readonly finish: Program;
}

/** What a mailbox is made of. The maps are the caller's; the programs too. */
export interface MailboxParts {
  /** `mailboxMaps()`, and the map `slots` of the programs. */
  readonly mailbox: BpfMap;
  readonly doorbell: BpfMap;
  readonly slotOfCpu: BpfMap;
  readonly slots: number;
  /** The depth handler. Nobody else should call it, or the two would get in each other's way. */
  readonly depth: Program;
  readonly handlers?: readonly { readonly name: string; readonly program: Program; readonly cpu: number | 'all' }[];
  /** Arrays whose freed elements are to be cleaned on request, and their maps. */
  readonly arrays?: readonly { readonly layout: DynamicLayout; readonly map: BpfMap }[];
  readonly speculations?: ServedSpeculations | undefined;
  /** Names who keeps a CPU from draining. */
  readonly inspect?: (cpu: number) => Straggler;
  /** How long a CPU may stay inside a probe, ms; 2000 unless given. */
  readonly patience?: number;
}

/** A mailbox that is served. */
export interface ServedMailbox {
  readonly boxes: Boxes;
  readonly statistics: MailboxStatistics;
  /** Why the server has ended, if nobody had asked it to. */
  readonly failure: MailboxError | undefined;
  /** Whether the server has not begun yet, nor failed. */
  readonly starting: boolean;
  /** Blocks until the server is there. Throws MailboxError. */
  awaitServing(): void;
  /** Posts a request of the process: its number, or 0 where its box is full. */
  post(kind: number): bigint;
  isComplete(number: bigint): boolean;
  /** Blocks until every request that was posted is complete. Throws MailboxError where that takes too long. */
  drain(): void;
  /** What a handler answered last, by CPU; CPUs where it never ran, or that were offline, are left out. */
  answers(handler: number): readonly { readonly cpu: number; readonly value: number }[];
  /** Puts a new server in the place of one that has ended: it serves all that is not complete. Throws MailboxError. */
  restart(): void;
  /** Ends the server as a crash would, for tests. */
  kill(): Promise<void>;
  /** Has the server finish, and frees everything but the parts. Closing again does nothing. */
  close(): void;
}

/** How long `drain()` waits, ms. */
const drainPatience = 5_000;

const pageSize = 4096;

/**
 * Starts the server of a mailbox. Throws UnsupportedFeatureError (the kernel makes no cross-calls), HandlerError (a
 * handler that cannot be called) and the errors of the BPF layer; nothing is left then.
 */
export function serveMailbox(parts: MailboxParts): ServedMailbox {
  const {
    mailbox,
    doorbell,
    slotOfCpu,
    slots,
    depth,
    handlers = [],
    arrays = [],
    speculations,
    inspect,
    patience = 2_000,
  } = parts;
  const { own, close: free } = createPossessions();
  try {
    // The thread could tell of it by a text only, and would end when the first request comes.
    for (const program of [depth, ...handlers.map((handler) => handler.program)]) requireCallable(program);
    const memory = mapped(mailbox);
    const places = mapped(slotOfCpu);
    const event = own(createEvent());
    const consumed = own(mapShared(doorbell.fd, pageSize));
    const produced = own(mapSharedToRead(doorbell.fd, pageSize, pageSize));
    const identify = own(loadProgram(generateThreadIdentity(), new Map()));
    const cpus = possibleCpus();
    const answers = new BigUint64Array(new SharedArrayBuffer(8 * Math.max(1, handlers.length * cpus.length)));
    const assignment: Omit<Assignment, 'status'> = {
      answers: answers.buffer,
      mailbox: placeOf(memory),
      slotOfCpu: placeOf(places),
      consumed: placeOf(consumed),
      produced: placeOf(produced),
      doorbell: doorbell.fd,
      event: event.fd,
      depth: depth.fd,
      identify: identify.fd,
      handlers: handlers.map(
        ({ name, program, cpu }, index): AssignedHandler => ({
          kind: requestKinds.firstHandler + index,
          name,
          program: program.fd,
          cpu,
        }),
      ),
      speculations: speculations && {
        shape: speculations.shape,
        place: placeOf(mapped(speculations.map)),
        here: speculations.here.fd,
        stranded: speculations.stranded.fd,
        finish: speculations.finish.fd,
      },
      arrays: arrays.map(({ layout, map }) => ({ layout, place: placeOf(mapped(map)) })),
      slots,
      possibleCpus: cpus,
      patience,
    };
    const wake = (): void => signalEvent(event.fd);
    const boxes = createBoxes(atomicWords(memory.u64), slots);
    let thread: ServerThread = startThread(assignment, wake);
    let named: MailboxError | undefined;
    /** The thread's failure, with the name of who kept it from going on. */
    const failure = (): MailboxError | undefined => {
      const found = thread.failure;
      if (found?.cpu === undefined || inspect === undefined) return found;
      named ??= new MailboxError(`has ended: ${new SyncError(inspect(found.cpu), patience).message}`, found.cpu);
      return named;
    };
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      thread.stop();
      free();
    };
    const boxOf = (cpu: number): number | undefined => {
      const slot = places.bytes[cpu] ?? slots;
      return slot < slots ? slot : undefined;
    };
    return {
      boxes,
      get statistics() {
        return boxes.statistics();
      },
      get failure() {
        return failure();
      },
      get starting() {
        return thread.starting;
      },
      awaitServing: () => thread.awaitServing(),
      post: (kind) => boxes.post(kind, readClock('monotonic'), wake),
      isComplete: (number) => boxes.isComplete(number, boxOf),
      drain: () => {
        const cell = new Int32Array(new SharedArrayBuffer(4));
        const deadline = performance.now() + drainPatience;
        while (!boxes.settled) {
          const found = failure();
          if (found !== undefined) throw found;
          if (performance.now() > deadline) {
            const { posted, completed } = boxes.statistics();
            throw new MailboxError(
              `has not completed ${posted - completed} of ${posted} requests within ${drainPatience / 1000} seconds`,
            );
          }
          wake();
          Atomics.wait(cell, 0, 0, 1);
        }
      },
      answers: (handler) =>
        cpus.flatMap((cpu, place) => {
          const answer = Atomics.load(answers, handler * cpus.length + place);
          return answer === 0n ? [] : [{ cpu, value: Number(answer & 0xffff_ffffn) }];
        }),
      restart: () => {
        if (thread.failure === undefined) return;
        named = undefined;
        thread = startThread(assignment, wake);
        thread.awaitServing();
      },
      kill: () => thread.kill(),
      close,
    };
  } catch (error) {
    free();
    throw error;
  }
}

function mapped(map: BpfMap): MappedMemory {
  if (map.memory === undefined) throw new Error(`map ${map.spec.name} is not mapped`);
  return map.memory;
}
