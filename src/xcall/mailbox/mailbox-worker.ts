/**
 * The thread of a mailbox's server: an entry of its own, which nothing imports. It is given an `Assignment`, opens
 * nothing, and so leaves nothing behind however it ends.
 */

import { workerData } from 'node:worker_threads';
import { type CrossCall, createCrossCall, crossCallOffline, type RunnableProgram, runProgram } from '../../bpf/run.js';
import { mailboxWords, requestKinds } from '../../d/codegen/memory/mailbox-layout.js';
import { clearEvent, memoryAt, preparePoll, readClock, setRealTime } from '../../sys/index.js';
import { createSync, SyncError } from '../sync.js';
import { announcing } from './announcing.js';
import type { Assignment } from './assignment.js';
import { createBoxes } from './boxes.js';
import { createCleaner } from './cleaner.js';
import { createRounds } from './rounds.js';
import { serveUntilStopped } from './server.js';
import { createSpeculationCleaner } from './speculation-cleaner.js';
import { createStatus } from './status.js';
import { atomicWords } from './words.js';

const now = (): bigint => readClock('monotonic');

const programOf = (fd: number, name: string): RunnableProgram => ({
  fd,
  spec: { name, kind: { type: 'raw-tracepoint' } },
});

/** The cleaner of the speculations that were assigned; without any it does nothing. */
function speculationCleaner(
  { speculations, slotOfCpu, possibleCpus }: Assignment,
  prepare: (fd: number, name: string, context?: Uint8Array) => CrossCall,
): () => void {
  if (speculations === undefined) return () => {};
  const { shape, place, here, stranded, finish } = speculations;
  const slot = new BigUint64Array(1);
  const callStranded = prepare(stranded, 'spec_stranded', new Uint8Array(slot.buffer));
  return createSpeculationCleaner({
    shape,
    words: atomicWords(memoryAt(place).u64),
    here: prepare(here, 'spec_clean_here'),
    finish: prepare(finish, 'spec_finish'),
    stranded: (number) => {
      slot[0] = BigInt(number);
      return callStranded;
    },
    possibleCpus,
    slotOfCpu: memoryAt(slotOfCpu).bytes,
  });
}

/** It was told to end as a crash would end it. */
class Killed extends Error {}

function serve(assignment: Assignment): void {
  const { slots, possibleCpus, handlers } = assignment;
  const status = createStatus(assignment.status);
  // Its owner has not waited: what it was given may be closed.
  if (status.stopping) {
    status.become('stopped');
    return;
  }
  const words = atomicWords(memoryAt(assignment.mailbox).u64);
  const slotOfCpu = memoryAt(assignment.slotOfCpu).bytes;
  const consumed = memoryAt(assignment.consumed).u64;
  const produced = memoryAt(assignment.produced).u64;
  const answers = new BigUint64Array(assignment.answers);
  const prepare = (fd: number, name: string, context?: Uint8Array): CrossCall =>
    announcing(createCrossCall(programOf(fd, name), context), { words, slotOfCpu, slots, now });

  const { sync } = createSync({
    call: prepare(assignment.depth, 'sync_depth'),
    possibleCpus,
    patience: assignment.patience,
    // The owner finds out who it is.
    inspect: (cpu) => ({ cpu, epid: 0, pid: 0 }),
  });
  const calls = handlers.map(({ kind, cpu, program, name }, index) => {
    const call = prepare(program, name);
    return {
      kind,
      run: () => {
        for (const [place, one] of possibleCpus.entries()) {
          if (cpu !== 'all' && cpu !== one) continue;
          const value = call(one);
          const answer = value === crossCallOffline ? 0n : (1n << 32n) | BigInt(value);
          Atomics.store(answers, index * possibleCpus.length + place, answer);
        }
      },
    };
  });

  const cleaner = createCleaner(
    assignment.arrays.map(({ layout, place }) => ({ layout, words: atomicWords(memoryAt(place).u64) })),
  );

  const cleanSpeculations = speculationCleaner(assignment, prepare);

  const cell = new Int32Array(new SharedArrayBuffer(4));
  const poll = preparePoll([assignment.doorbell, assignment.event]);
  const identity = runProgram(programOf(assignment.identify, 'thread_identity'));
  words.store(mailboxWords.server, BigInt(identity.kind === 'returned' ? identity.returnValue : 0));
  const boxes = createBoxes(words, slots);
  // It works for microseconds at a time; as an ordinary thread it would wait for the end of others' time slices.
  setRealTime(1);
  status.become('serving');
  serveUntilStopped({
    words,
    rounds: createRounds({
      words,
      slots,
      now,
      serve: (kinds) => {
        for (const call of calls) if (kinds.has(call.kind)) call.run();
        // The cleaner's sync answers those that ask for one, too: all were posted before it.
        let synced = false;
        const once = (): void => {
          sync();
          synced = true;
        };
        if (kinds.has(requestKinds.clean)) {
          cleaner.clean(once);
          cleanSpeculations();
        }
        if (kinds.has(requestKinds.sync) && !synced) sync();
      },
    }),
    now,
    sleep: (milliseconds) => {
      poll(milliseconds);
    },
    clearBell: () => {
      clearEvent(assignment.event);
      Atomics.store(consumed, 0, Atomics.load(produced, 0));
    },
    pause: (milliseconds) => {
      Atomics.wait(cell, 0, 0, milliseconds);
    },
    stopping: () => {
      if (status.dying) throw new Killed();
      return status.stopping;
    },
    settled: () => boxes.settled,
  });
  words.store(mailboxWords.server, 0n);
  status.become('stopped');
}

const assignment = workerData as Assignment;
try {
  serve(assignment);
} catch (error) {
  if (!(error instanceof Killed)) {
    const cpu = error instanceof SyncError ? error.straggler.cpu : undefined;
    createStatus(assignment.status).fail(`has ended: ${error instanceof Error ? error.message : error}`, cpu);
  }
}
