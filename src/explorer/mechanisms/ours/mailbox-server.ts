/** The server of the mailboxes: a thread that serves in process context what probes posted. */

import { add, equal, notEqual, or, self, value } from '../../model/expression.js';
import type { StepList } from '../../model/step.js';
import { atomic, branch, choose, compute, jump, label, load, mark, send, store, waitUntil } from '../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../model/variable.js';
import {
  hasDoorbell,
  keepsTaken,
  kindInWord,
  type Mailbox,
  mailboxChecks,
  numberInWord,
  ofRequest,
  slotOf,
} from './mailbox-box.js';

/** The vector of the server's cross-call. */
export const callVector = 'cross-call';

/** What the server and the CPUs that it calls share. */
export interface ServerMemory {
  /** By CPU: the cross-call was answered. */
  readonly acknowledged: Variable;
  /** 1 until the server was killed. */
  readonly alive: Variable;
}

/** The memory of the server for that many CPUs. */
export const makeServerMemory = (cpus: number): ServerMemory => ({
  acknowledged: shared('acknowledged', { size: cpus, max: 1 }),
  alive: shared('server alive', { max: 1, initial: 1 }),
});

/** Greatest number that a register of the server holds. */
const mostPosts = 4;

/** By CPU: up to which number the server serves in this round. */
const snapshotOf = (cpu: number): Local => local(`snapshot ${cpu}`, { max: mostPosts });
/** The round has something to serve. */
const some = local('some', { max: 1 });
const word = local('word', { max: 20 });
const served = local('served', { max: mostPosts });

/** With `doorbell`: how many urgent posts there were when the round began, and when the server looks again. */
const seen = local('seen', { max: 3 * mostPosts });
const now = local('now', { max: 3 * mostPosts });

const everyCpu = (box: Mailbox, steps: (cpu: number) => StepList): StepList =>
  Array.from({ length: box.cpus }, (_, cpu) => steps(cpu));

/**
 * Decides what this round serves of one CPU's box: the requests that are not complete, up to the first that is still
 * being written (its poster was interrupted, and wakes the server when it goes on).
 */
function takeSnapshot(box: Mailbox, cpu: number): StepList {
  const snapshot = snapshotOf(cpu);
  return [
    load('reads how many are posted', at(box.posted, cpu), snapshot),
    load('reads how many are complete', at(box.completed, cpu), served),
    label('next'),
    branch(equal(served, snapshot), 'taken'),
    load('reads a request', slotOf(box, cpu, add(served, 1)), word, {
      check: [
        [
          mailboxChecks.served,
          or(
            notEqual(numberInWord(value), add(served, 1)),
            equal(kindInWord(value), ofRequest(box.wanted, cpu, add(served, 1))),
          ),
        ],
      ],
      goTo: [[notEqual(numberInWord(value), add(served, 1)), 'unwritten']],
    }),
    compute(
      'takes it',
      [
        [served, add(served, 1)],
        [some, 1],
      ],
      { goTo: 'next' },
    ),
    label('unwritten'),
    compute('stops before it', [[snapshot, served]]),
    label('taken'),
    compute('has taken the requests of a CPU', [
      [word, 0],
      [served, 0],
    ]),
  ];
}

/** Takes whatever is posted by now. */
const lateSnapshot = (box: Mailbox, cpu: number): StepList => [
  load('reads how many are posted, too late', at(box.posted, cpu), snapshotOf(cpu)),
];

/** Says in memory which requests are begun, before the sync can begin: later posts do not join them. */
const sayTaken = (box: Mailbox): StepList =>
  everyCpu(box, (cpu) => [atomic(`says which requests of CPU ${cpu} are begun`, at(box.taken, cpu), snapshotOf(cpu))]);

/** Waits until the first server is dead. */
const inherit = (box: Mailbox, memory: ServerMemory): StepList => [
  box.options.has('two-servers')
    ? []
    : waitUntil('waits for the death of the server', memory.alive, equal(value, 0), { sleeping: true, rest: true }),
  box.options.has('trust-taken')
    ? everyCpu(box, (cpu) => [
        load('reads which requests were begun', at(box.taken, cpu), served),
        store('takes them for complete', at(box.completed, cpu), served, { set: [[served, 0]] }),
      ])
    : [],
];

/** A moment at which the server's process may be killed: between two system calls. */
function mayDie(box: Mailbox): StepList {
  const fate = local('killed', { max: 1 });
  return box.options.has('server-death')
    ? [choose('lives or is killed', fate, 0, 1, { goTo: [[value, 'killed']] })]
    : [];
}

/** A sync: calls every other CPU in turn; on its own no probe is open, since the server runs. */
function sync(box: Mailbox, memory: ServerMemory, death: StepList): StepList {
  return [
    mark('begins a sync', { ghost: [[box.begun, add(box.begun, 1)]] }),
    ...Array.from({ length: box.cpus - 1 }, (_, i) => {
      const cpu = i + 1;
      return [
        store('prepares the call', at(memory.acknowledged, cpu), 0),
        send(`calls CPU ${cpu}`, callVector, cpu, { requires: ['interrupts-enabled', 'task-context'] }),
        waitUntil(`waits for CPU ${cpu}`, at(memory.acknowledged, cpu), value),
        death,
      ];
    }),
    mark('has finished the sync', { ghost: [[box.finished, box.begun]] }),
  ];
}

/** Says that what the snapshot holds is complete, CPU by CPU. */
const complete = (box: Mailbox, death: StepList): StepList =>
  everyCpu(box, (cpu) => [
    store(`completes the requests of CPU ${cpu}`, at(box.completed, cpu), snapshotOf(cpu)),
    cpu + 1 < box.cpus ? death : [],
  ]);

/** Adds up how many urgent posts there are by now. */
const countUrgent = (box: Mailbox, into: Local): StepList =>
  everyCpu(box, (cpu) => [
    load(`reads how many urgent posts CPU ${cpu} has`, at(box.urgent, cpu), undefined, {
      set: [[into, add(into, value)]],
    }),
  ]);

/** Before it sleeps the server arms the doorbell, and then looks for urgent posts again: who came between does not ring. */
function arm(box: Mailbox): StepList {
  const { options } = box;
  return [
    options.has('plain-arm') ? store('arms the doorbell', box.armed, 1) : atomic('arms the doorbell', box.armed, 1),
    options.has('no-recheck')
      ? compute('does not look again', [[seen, 0]], { goTo: 'sleep' })
      : [
          countUrgent(box, now),
          compute('compares the counts', [], { goTo: [[notEqual(seen, now), 'again']] }),
          compute(
            'goes to sleep',
            [
              [seen, 0],
              [now, 0],
            ],
            { goTo: 'sleep' },
          ),
          label('again'),
          compute(
            'looks at the boxes again',
            [
              [seen, 0],
              [now, 0],
            ],
            { goTo: 'awake' },
          ),
        ],
  ];
}

/**
 * The server's loop. What it serves it decides before its sync begins, so that a later post waits for the next one. The
 * wake word is cleared before the boxes are looked at, and by an exchange: a post that comes after the look wakes it
 * again. It needs nothing but the boxes to go on where another server died: what is not marked complete is not.
 */
export function serve(box: Mailbox, memory: ServerMemory, role: 'first' | 'successor'): StepList {
  const { options } = box;
  const mortal = role === 'first';
  const death = mortal ? mayDie(box) : [];
  const bell = hasDoorbell(box);
  const wakeWord = bell ? box.armed : box.wake;
  const clear = [
    options.has('plain-clear')
      ? store('clears the wake word', wakeWord, 0)
      : atomic('clears the wake word', wakeWord, 0),
    bell ? countUrgent(box, seen) : [],
  ];
  const snapshot = everyCpu(box, (cpu) => takeSnapshot(box, cpu));
  const forget = [[some, 0], ...Array.from({ length: box.cpus }, (_, cpu) => [snapshotOf(cpu), 0] as const)] as const;
  return [
    mortal ? [] : inherit(box, memory),
    // Nobody rings before the doorbell was armed for the first time.
    (mortal ? !bell : options.has('await-wake')) ? [] : jump('serve'),
    label('sleep'),
    options.has('polled')
      ? mark('has slept for the period of its poll', { progress: true })
      : waitUntil('sleeps until a post wakes it', box.wake, value, { sleeping: true, rest: true }),
    label('awake'),
    bell ? store('forgets who has rung', box.wake, 0) : [],
    label('serve'),
    options.has('clear-after-snapshot') ? [snapshot, clear] : [clear, snapshot],
    branch(equal(some, 0), 'nothing'),
    keepsTaken(box) && !options.has('taken-late') ? sayTaken(box) : [],
    death,
    sync(box, memory, death),
    options.has('late-snapshot') ? everyCpu(box, (cpu) => lateSnapshot(box, cpu)) : [],
    options.has('taken-late') ? sayTaken(box) : [],
    complete(box, death),
    label('nothing'),
    bell ? [compute('has done the round', forget), arm(box)] : compute('goes back to sleep', forget, { goTo: 'sleep' }),
    ...(mortal && options.has('server-death') ? [label('killed'), store('is killed', memory.alive, 0)] : []),
  ];
}

/** What a CPU does when the server calls it; `probe` is what a probe on the interrupt does. */
export const answerCall = (memory: ServerMemory, probe: StepList): StepList => [
  probe,
  store('acknowledges the call', at(memory.acknowledged, self), 1),
];
