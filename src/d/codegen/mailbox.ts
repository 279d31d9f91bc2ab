/**
 * Posting a request to the mailbox of the CPU, and asking whether one is complete: two functions that programs call.
 *
 * Whoever runs them may have interrupted anything, the same function included, and may itself be interrupted between any
 * two instructions by another post. So nothing is locked, nothing waits, nothing is allocated: a number is taken by
 * compare-and-exchange, and the request's word, written last, says by its number that it is there. The explorer's
 * mechanism `mailbox` with `coalesce` is this protocol step by step; what is added to it is when the server is woken.
 *
 * - A post counts itself in `urgent`, then looks whether the server is asleep (`armed`). The server sets `armed`, then
 *   looks at `urgent` again before it sleeps. Each of the two writes before it reads, so one of them sees the other.
 * - Who takes the 1 from `armed` rings: a record in a ring buffer, whose wake-up the kernel puts off to an interrupt of
 *   its own (irq_work). That is allowed from any context, and happens once for each sleep of the server.
 * - What the server itself causes is not urgent, so that answering a request does not ask for the next: posts of its own
 *   task, and posts on a CPU that it is calling or has just called. They wait for the next round, 50 ms at most: where
 *   the server has not been about for that long, or its last look found nothing so that it sleeps for longer, they are
 *   urgent like others.
 */

import { helperNumber, ringbufFlag } from '../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  jumpIf32,
  load,
  loadMap,
  loadMapValue,
  move,
  store,
} from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import {
  boxCapacity,
  cpuBits,
  kindBits,
  type MailboxShape,
  mailboxBox,
  mailboxSlot,
  mailboxWords,
  postPatience,
  processCpu,
} from './memory/mailbox-layout.js';
import { mapNames } from './memory/memory.js';

/**
 * Name of the function that posts: its parameter is the kind of the request, with `spontaneous` where the post cannot be
 * the server's doing, and `unasked` where no clause makes it; it returns the request's number, or 0 where the box was full, or
 * `unasked` can wait.
 */
export const postFunction = 'mailbox_post';

/** Name of the function that asks: its parameter is a request's number; it returns 1 if that is complete, otherwise 0. */
export const syncedFunction = 'mailbox_synced';

/**
 * Beside the kind: the session posts of its own accord, no clause has asked. Where there is no room nothing is lost, since
 * it will ask again: no drop is counted.
 */
export const unasked = 2 << kindBits;

/** Beside the kind: the probe fires by a clock of its own, not because of anything that the server did. */
export const spontaneous = 1 << kindBits;

/** How long a post may wait that can, nanoseconds. */
const patience = postPatience * 1_000_000;

/** Where the functions keep what calls would lose. */
const frame = { cpu: -8, record: -16, unasked: -24 } as const;

/** Sets `to` to the slot of the CPU whose number is in r0. Loses r0 and r1. */
function slotOfCpu(shape: MailboxShape, to: 'r7'): readonly AssemblyItem[] {
  return [
    alu('and', 'r0', shape.cpus - 1),
    loadMapValue('r1', mapNames.slots),
    alu('add', 'r1', 'r0'),
    load(1, to, 'r1', 0),
  ];
}

/** Makes r7 the pointer to the box of the slot that it holds. Loses r1. */
const boxOfSlot: readonly AssemblyItem[] = [
  alu('mul', 'r7', mailboxBox.size),
  loadMapValue('r1', mapNames.mailbox, mailboxWords.boxes),
  alu('add', 'r1', 'r7'),
  move('r7', 'r1'),
];

/** Sets `to` to the element of the ring for the sequence number in `number`. Loses r2. */
function slotOfRequest(to: 'r3', number: 'r8'): readonly AssemblyItem[] {
  return [
    move('r2', number),
    alu('sub', 'r2', 1),
    alu('and', 'r2', boxCapacity - 1),
    alu('mul', 'r2', mailboxSlot.size),
    move(to, 'r7'),
    alu('add', to, 'r2'),
  ];
}

const count = (base: 'r1' | 'r7', offset: number): readonly AssemblyItem[] => [
  move('r2', 1),
  atomic('add', 8, base, offset, 'r2'),
];

/** Calls `postFunction` for a request that no clause has made; its number is in r0, 0 where nobody will serve it soon. */
export const askUnasked = (request: number): readonly AssemblyItem[] => [
  move('r1', request | unasked),
  callFunction(postFunction),
];

/** Generates `postFunction`. Its registers: r6 kind and flag, r7 the box, r8 the youngest sequence number. */
export function emitPostFunction(emitter: Emitter, shape: MailboxShape): void {
  const slotless = emitter.fresh('slotless');
  const full = emitter.fresh('full');
  const posted = emitter.fresh('posted');
  const postponed = emitter.fresh('postponed');
  const clause = emitter.fresh('clause');
  emitter.emit(
    functionStart(postFunction, 1, 'global'),
    move('r6', 'r1'),
    callHelper(helperNumber.getSmpProcessorId),
    store(8, 'r10', frame.cpu, 'r0'),
    ...slotOfCpu(shape, 'r7'),
    jumpIf('ge', 'r7', shape.slots, slotless),
    ...boxOfSlot,
  );
  // An exchange fails only where a nested post has succeeded.
  for (let tries = 0; tries <= shape.levels; tries += 1)
    emitAttempt(emitter, { full, posted }, shape.wrong === 'lost-post');
  emitter.place(full);
  emitter.emit(jumpIf('set', 'r6', unasked, postponed), ...count('r7', mailboxBox.drops), move('r0', 0), exit());
  emitter.place(slotless);
  emitter.emit(
    jumpIf('set', 'r6', unasked, postponed),
    loadMapValue('r1', mapNames.mailbox),
    ...count('r1', mailboxWords.slotlessDrops),
    move('r0', 0),
    exit(),
  );
  emitter.place(postponed);
  emitter.emit(loadMapValue('r1', mapNames.mailbox), ...count('r1', mailboxWords.postponed), move('r0', 0), exit());
  emitter.place(posted);
  emitter.emit(
    move('r1', 'r6'),
    alu('and', 'r1', unasked),
    store(8, 'r10', frame.unasked, 'r1'),
    jumpIf('eq', 'r1', 0, clause),
    loadMapValue('r1', mapNames.mailbox),
    ...count('r1', mailboxWords.cyclicPosts),
  );
  emitter.place(clause);
  emitWake(emitter);
  emitter.emit(
    move('r0', 'r8'),
    alu('lsh', 'r0', cpuBits),
    load(8, 'r1', 'r10', frame.cpu),
    alu('or', 'r0', 'r1'),
    exit(),
  );
}

/** Joins the youngest request or takes the next number, leaves it in r8 and goes to `posted`; or goes on, or to `full`. */
function emitAttempt(
  emitter: Emitter,
  labels: { readonly full: string; readonly posted: string },
  careless: boolean,
): void {
  const claim = emitter.fresh('claim');
  const again = emitter.fresh('again');
  emitter.emit(load(8, 'r8', 'r7', mailboxBox.posted), jumpIf('eq', 'r8', 0, claim));
  // It can be joined if it is equal, written, and not begun.
  emitter.emit(
    ...slotOfRequest('r3', 'r8'),
    load(8, 'r2', 'r3', mailboxBox.ring + mailboxSlot.word),
    move('r4', 'r8'),
    alu('lsh', 'r4', kindBits),
    move('r5', 'r6'),
    alu('and', 'r5', spontaneous - 1),
    alu('or', 'r4', 'r5'),
    jumpIf('ne', 'r2', 'r4', claim),
    load(8, 'r2', 'r7', mailboxBox.taken),
    jumpIf('ge', 'r2', 'r8', claim),
    ...count('r7', mailboxBox.coalesced),
    jump(labels.posted),
  );
  emitter.place(claim);
  emitter.emit(
    load(8, 'r2', 'r7', mailboxBox.completed),
    move('r1', 'r8'),
    alu('sub', 'r1', 'r2'),
    // Signed: by now more may be complete than was posted when that was read; the exchange fails then.
    jumpIf('sge', 'r1', boxCapacity, labels.full),
    move('r0', 'r8'),
    move('r1', 'r8'),
    alu('add', 'r1', 1),
    careless ? store(8, 'r7', mailboxBox.posted, 'r1') : atomic('cmpxchg', 8, 'r7', mailboxBox.posted, 'r1'),
    jumpIf('ne', 'r0', 'r8', again),
    alu('add', 'r8', 1),
    callHelper(helperNumber.ktimeGetNs),
    ...slotOfRequest('r3', 'r8'),
    store(8, 'r3', mailboxBox.ring + mailboxSlot.time, 'r0'),
    move('r4', 'r8'),
    alu('lsh', 'r4', kindBits),
    move('r5', 'r6'),
    alu('and', 'r5', spontaneous - 1),
    alu('or', 'r4', 'r5'),
    store(8, 'r3', mailboxBox.ring + mailboxSlot.word, 'r4'),
    jump(labels.posted),
  );
  emitter.place(again);
}

/** Wakes the server if the post wants service soon and it sleeps. Keeps r7 and r8. */
function emitWake(emitter: Emitter): void {
  const urgent = emitter.fresh('urgent');
  const own = emitter.fresh('own');
  const late = emitter.fresh('late');
  const patient = emitter.fresh('patient');
  const done = emitter.fresh('done');
  emitter.emit(
    move('r1', 'r6'),
    jumpIf('set', 'r1', spontaneous, urgent),
    callHelper(helperNumber.getCurrentPidTgid),
    loadMapValue('r1', mapNames.mailbox),
    load(8, 'r2', 'r1', mailboxWords.server),
    load(8, 'r6', 'r7', mailboxBox.calledUntil),
    jumpIf32('eq', 'r0', 'r2', own),
    jumpIf('eq', 'r6', 0, urgent),
    callHelper(helperNumber.ktimeGetNs),
    jumpIf('lt', 'r0', 'r6', late),
    jump(urgent),
  );
  emitter.place(own);
  emitter.emit(callHelper(helperNumber.ktimeGetNs));
  emitter.place(late);
  emitter.emit(
    loadMapValue('r1', mapNames.mailbox),
    load(8, 'r2', 'r1', mailboxWords.heartbeat),
    alu('add', 'r2', patience),
    jumpIf('lt', 'r0', 'r2', patient),
  );
  emitter.place(urgent);
  emitter.emit(
    // With fetch, it orders what follows behind it on every machine.
    move('r2', 1),
    atomic('fetch-add', 8, 'r7', mailboxBox.urgent, 'r2'),
    loadMapValue('r1', mapNames.mailbox),
    load(8, 'r2', 'r1', mailboxWords.armed),
    jumpIf('eq', 'r2', 0, done),
    move('r2', 0),
    atomic('xchg', 8, 'r1', mailboxWords.armed, 'r2'),
    jumpIf('eq', 'r2', 0, done),
    store(8, 'r10', frame.record, 'r8'),
    loadMap('r1', mapNames.doorbell),
    move('r2', 'r10'),
    alu('add', 'r2', frame.record),
    move('r3', 8),
    move('r4', ringbufFlag.forceWakeup),
    callHelper(helperNumber.ringbufOutput),
    loadMapValue('r1', mapNames.mailbox),
  );
  const failed = emitter.fresh('failed');
  emitter.emit(jumpIf('ne', 'r0', 0, failed), ...count('r1', mailboxWords.rings), jump(done));
  emitter.place(failed);
  // The next post rings in its stead, or the server looks of its own accord.
  emitter.emit(
    move('r2', 1),
    atomic('xchg', 8, 'r1', mailboxWords.armed, 'r2'),
    ...count('r1', mailboxWords.ringFailures),
    jump(done),
  );
  emitter.place(patient);
  emitter.emit(
    ...count('r7', mailboxBox.patient),
    load(8, 'r1', 'r10', frame.unasked),
    jumpIf('eq', 'r1', 0, done),
    move('r0', 0),
    exit(),
  );
  emitter.place(done);
}

/** Generates `syncedFunction`. */
export function emitSyncedFunction(emitter: Emitter, shape: MailboxShape): void {
  const none = emitter.fresh('none');
  const known = emitter.fresh('known');
  emitter.emit(
    functionStart(syncedFunction, 1, 'global'),
    move('r8', 'r1'),
    alu('rsh', 'r8', cpuBits),
    jumpIf('eq', 'r8', 0, none),
    move('r0', 'r1'),
    alu('and', 'r0', processCpu),
    move('r7', shape.slots),
    jumpIf('eq', 'r0', processCpu, known),
    jumpIf('ge', 'r0', shape.cpus, none),
    ...slotOfCpu(shape, 'r7'),
    jumpIf('ge', 'r7', shape.slots, none),
  );
  emitter.place(known);
  emitter.emit(
    ...boxOfSlot,
    load(8, 'r2', 'r7', mailboxBox.completed),
    move('r0', 0),
    jumpIf('lt', 'r2', 'r8', none),
    move('r0', 1),
    exit(),
  );
  emitter.place(none);
  emitter.emit(move('r0', 0), exit());
}
