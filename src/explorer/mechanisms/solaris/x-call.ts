/**
 * Solaris' cross-calls as tables of steps: what i86pc/os/x_call.c does since messages replaced its mailboxes (2009).
 *
 * A message carries nothing but its command and the CPU that it has to do with, so it is a digit, and a queue of
 * messages is a number with its head as the lowest digit: xc_insert() and xc_extract() push and pop at the head. Each
 * is one step, the compare-and-swap that succeeds; what goes before it (a message filled in, a `next` written) is
 * seen by nobody else. That leaves out the ABA that two extractors of one queue could meet, which the original
 * excludes by having each queue emptied by one CPU, at one level; it could only add to what `no-raise` shows. The
 * free messages of a CPU are all alike: a number.
 */

import {
  add,
  and,
  bit,
  bitOr,
  divide,
  equal,
  greater,
  less,
  modulo,
  multiply,
  notEqual,
  type Operand,
  or,
  self,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import type { Step, StepList } from '../../model/step.js';
import {
  atomic,
  branch,
  compute,
  type Extras,
  label,
  load,
  mark,
  send,
  setLevel,
  store,
  waitUntil,
} from '../../model/steps.js';
import { at, ghost, local, shared, type Variable } from '../../model/variable.js';

/** XC_HI_PIL: the level at which cross-calls arrive, and to which a caller raises itself. */
export const crossCallLevel = 15;

/** Which function calls, and what it leaves out. */
export interface CrossCallDesign {
  readonly cpus: number;
  /** xc_call(): a target goes on when it has run the function. xc_sync(): when all of them have. */
  readonly command: 'call' | 'sync';
  /** Whether the caller raises its level before it posts (splr(XC_HI_PIL)), as the original does. */
  readonly raises: boolean;
  /** Whether a caller that waits serves its own inbox, as the original does; otherwise targets free its messages, and it waits for that. */
  readonly serves: boolean;
  /** Calls that one CPU may have under way: 2 where a cyclic can nest in a process's call. */
  readonly callers: number;
}

/** The memory of the cross-calls, and what the specification remembers. */
export interface CrossCall extends CrossCallDesign {
  /** machcpu.xc_work_cnt: messages that a CPU has still to handle. */
  readonly workCount: Variable;
  /** machcpu.xc_msgbox. */
  readonly inbox: Variable;
  /** How many messages are in machcpu.xc_free. */
  readonly freeMessages: Variable;
  /** machcpu.xc_data: what to run; the number of the caller (1 a process, 2 a cyclic) stands for function and arguments. */
  readonly data: Variable;
  /** machcpu.xc_wait_cnt: how many targets an xc_sync() waits for. */
  readonly waitCount: Variable;
  /** For each CPU and caller on it, the CPUs that have run its function, as bits. */
  readonly ran: Variable;
}

/** Names of the properties that the steps check. */
export const crossCallProperties = {
  complete: 'a call returns only when its function has run on every CPU',
  together: 'no CPU leaves a sync before its function has run on every CPU',
  pool: 'no CPU runs out of free messages',
} as const;

/** Commands that a design sends, in the order of their numbers. */
function commandsOf({ command, serves }: CrossCallDesign): readonly string[] {
  if (command === 'sync') return ['sync', 'waiting', 'released', 'done'];
  return serves ? ['call', 'done'] : ['call'];
}

const radix = (design: CrossCallDesign): number => commandsOf(design).length * design.cpus + 1;

/** A message as the digit that stands for it. */
const message = (design: CrossCallDesign, command: string, cpu: Operand): Operand =>
  add(1 + commandsOf(design).indexOf(command) * design.cpus, cpu);

/** Most messages that one inbox can hold: the CPU's own, and one of each call of each other CPU. */
const inboxRoom = ({ cpus, callers }: CrossCallDesign): number => cpus + (cpus - 1) * callers;

/** Whether the queues of a design fit in the machine's numbers. */
export const fitsInMachine = (design: CrossCallDesign): boolean => radix(design) ** inboxRoom(design) <= 2 ** 31;

/** The memory that a design needs; see {@link fitsInMachine}. */
export function crossCall(design: CrossCallDesign): CrossCall {
  const { cpus } = design;
  return {
    ...design,
    workCount: shared('xc_work_cnt', { size: cpus, max: inboxRoom(design) + cpus }),
    inbox: shared('xc_msgbox', { size: cpus, max: radix(design) ** inboxRoom(design) - 1 }),
    freeMessages: shared('xc_free', { size: cpus, max: cpus, initial: cpus }),
    data: shared('xc_data', { size: cpus, max: 2 }),
    waitCount: shared('xc_wait_cnt', { size: cpus, max: cpus }),
    ran: ghost('ran', { size: cpus * 2, max: 2 ** cpus - 1 }),
  };
}

/** All variables of a cross-call. */
export const crossCallVariables = (x: CrossCall): readonly Variable[] => [
  x.workCount,
  x.inbox,
  x.freeMessages,
  x.data,
  x.waitCount,
  x.ran,
];

const commandRegister = local('command', { max: 4 });
const peer = local('peer', { max: 3 });
const waiters = local('waiters', { max: 5 ** 4 });
const waiting = local('waiting', { max: 4 });
const oldCount = local('old', { max: 15 });
const level = local('level', { max: crossCallLevel });

const ranOf = (x: CrossCall, cpu: Operand, caller: Operand) => at(x.ran, subtract(add(multiply(cpu, 2), caller), 1));
const everyCpu = ({ cpus }: CrossCall): number => 2 ** cpus - 1;

/** xc_insert() into a CPU's inbox. */
function insert(x: CrossCall, cpu: Operand, command: string, about: Operand, extras: Extras = {}): Step {
  const pushed = add(multiply(value, radix(x)), message(x, command, about));
  return atomic(`insert ${command.toUpperCase()}`, at(x.inbox, cpu), pushed, extras);
}

/** Runs the function of the message's master on this CPU. */
const runFunction = (x: CrossCall) =>
  load('run the function of its master', at(x.data, peer), undefined, {
    ghost: [[ranOf(x, peer, value), bitOr(ranOf(x, peer, value), bit(self))]],
  });

const countDown = (x: CrossCall) =>
  atomic('count the work down', at(x.workCount, self), subtract(value, 1), {
    set: [
      [commandRegister, 0],
      [peer, 0],
    ],
    goTo: 'work',
  });

/** What a target does with a SYNC, and what follows from it. */
function syncSteps(x: CrossCall): StepList {
  return [
    label('sync'),
    runFunction(x),
    insert(x, peer, 'waiting', self, {
      set: [
        [commandRegister, 0],
        [peer, 0],
      ],
      goTo: 'work',
    }),
    label('waiting'),
    compute('keep who waits', [
      [waiters, add(multiply(waiters, x.cpus + 1), add(peer, 1))],
      [waiting, add(waiting, 1)],
      [commandRegister, 0],
      [peer, 0],
    ]),
    load('do all wait?', at(x.waitCount, self), undefined, { goTo: [[less(waiting, value), 'work']] }),
    label('release'),
    insert(x, subtract(modulo(waiters, x.cpus + 1), 1), 'released', self, {
      set: [
        [waiters, divide(waiters, x.cpus + 1)],
        [waiting, subtract(waiting, 1)],
      ],
      goTo: [[notEqual(waiters, 0), 'release']],
    }),
    store('nobody waits now', at(x.waitCount, self), 0, { goTo: 'work' }),
    label('released'),
    mark('leave the sync', {
      check: [[crossCallProperties.together, equal(ranOf(x, peer, at(x.data, peer)), everyCpu(x))]],
    }),
    insert(x, peer, 'done', self),
    countDown(x),
  ];
}

/**
 * xc_serv(): handles messages until no work is left; run by the interrupt and by callers. Once it has seen work
 * it polls for a message and does not look at the count again. Priority calls (panic, kmdb), ASYNC messages and CPUs that come and go are left out.
 */
export function serve(x: CrossCall): StepList {
  const commands = commandsOf(x);
  const head = subtract(modulo(value, radix(x)), 1);
  return [
    label('work'),
    load('is there work?', at(x.workCount, self), undefined, { goTo: [[equal(value, 0), 'served']] }),
    atomic('extract a message', at(x.inbox, self), divide(value, radix(x)), {
      until: notEqual(value, 0),
      set: [
        [commandRegister, divide(head, x.cpus)],
        [peer, modulo(head, x.cpus)],
      ],
      goTo: commands.map((name, index) => [equal(commandRegister, index), name]),
    }),
    ...(x.command === 'sync' ? syncSteps(x) : callSteps(x)),
    ...(x.serves ? doneSteps(x) : []),
    label('served'),
  ];
}

function callSteps(x: CrossCall): StepList {
  return [
    label('call'),
    runFunction(x),
    x.serves
      ? insert(x, peer, 'done', self)
      : atomic('free the message for its master', at(x.freeMessages, peer), add(value, 1)),
    countDown(x),
  ];
}

function doneSteps(x: CrossCall): StepList {
  return [label('done'), atomic('free the message', at(x.freeMessages, self), add(value, 1)), countDown(x)];
}

/** Posts a message to one CPU, and interrupts it if it had no work before. */
function post(x: CrossCall, cpu: number): StepList {
  return [
    x.serves ? [] : [branch(equal(self, cpu), 'next')],
    atomic('extract a free message', at(x.freeMessages, self), when(greater(value, 0), subtract(value, 1), 0), {
      check: [[crossCallProperties.pool, greater(value, 0)]],
      goTo: [[greater(value, 0), 'extracted']],
    }),
    waitUntil('panic: out of free messages', at(x.freeMessages, self), 0),
    label('extracted'),
    x.serves ? [atomic('count own work up', at(x.workCount, self), add(value, 1))] : [],
    x.command === 'sync' ? [store('count who will wait', at(x.waitCount, self), cpu + 1)] : [],
    atomic(`count the work of CPU ${cpu} up`, at(x.workCount, cpu), add(value, 1), { into: oldCount }),
    insert(x, cpu, x.command, self, {
      goTo: [[or(equal(self, cpu), notEqual(oldCount, 0)), 'next']],
    }),
    send(`interrupt CPU ${cpu}`, 'xcall', cpu),
    label('next'),
    compute('forget the old count', [[oldCount, 0]]),
  ];
}

/** Waits without serving: a design of the explorer's own, for what serving is good for. */
function awaitMessages(x: CrossCall): StepList {
  return [
    load('run the function here', at(x.data, self), undefined, {
      ghost: [[ranOf(x, self, value), bitOr(ranOf(x, self, value), bit(self))]],
    }),
    waitUntil('wait for the messages to be free', at(x.freeMessages, self), equal(value, x.cpus)),
  ];
}

/**
 * xc_common(): calls all CPUs, the own one as well, for one of the callers of this CPU.
 *
 * @param caller 1 a process, 2 a cyclic.
 */
export function callAllCpus(x: CrossCall, caller: 1 | 2): StepList {
  const forget = { ghost: [[ranOf(x, self, caller), 0] as const] };
  return [
    x.raises ? setLevel('raise to XC_HI_PIL', crossCallLevel, level, forget) : mark('call at the level it has', forget),
    store('fill in what to run', at(x.data, self), caller),
    x.command === 'sync' ? [store('nobody waits yet', at(x.waitCount, self), 0)] : [],
    Array.from({ length: x.cpus }, (_, cpu) => post(x, cpu)),
    x.serves ? serve(x) : awaitMessages(x),
    mark('the call returns', { check: [[crossCallProperties.complete, equal(ranOf(x, self, caller), everyCpu(x))]] }),
    x.raises ? [setLevel('lower the level', level, undefined, { set: [[level, 0]] })] : [],
  ];
}

/** Every queue is empty, no work is counted and all messages are free. */
export const allAtRest = (x: CrossCall): Operand =>
  and(
    ...Array.from({ length: x.cpus }, (_, cpu) =>
      and(equal(at(x.workCount, cpu), 0), equal(at(x.inbox, cpu), 0), equal(at(x.freeMessages, cpu), x.cpus)),
    ),
  );
