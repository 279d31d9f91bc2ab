/**
 * The parts of kernel/smp.c, for every mechanism that calls across CPUs as today's Linux does: descriptors (`csd`) with
 * their lock bit, one lock-free queue a CPU, the interrupt that is sent only where the queue was empty, and the
 * handler that empties it with interrupts off.
 *
 * A *slot* is the number of a descriptor among those that can be queued on one target. Slots 0 to `cpus - 1` are the
 * per-CPU descriptors: slot c is the one that CPU c owns (`per_cpu_ptr(cfd->csd, target)`). Further slots are
 * descriptors of their own: on a caller's stack, or inside an object.
 *
 * Left out: descriptors' `func` and `info` (the work is told by the slot; `prepare` may store what it needs), CPUs
 * that are offline, idle CPUs that poll instead of being interrupted, the condition of smp_call_function_many_cond(),
 * and that a nested call writes over the two masks that a CPU keeps for its calls: here they are registers.
 */

import {
  add,
  bit,
  bitAnd,
  bitOr,
  type Expression,
  equal,
  expressionOf,
  less,
  multiply,
  notEqual,
  type Operand,
  self,
  shiftLeft,
  shiftRight,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { Rule, StepList } from '../../model/step.js';
import { atomic, compute, type Extras, label, mark, routine, sendToMask, store, waitUntil } from '../../model/steps.js';
import { at, type Local, local, type Place, shared, type Variable } from '../../model/variable.js';

/** The name of the interrupt. */
export const callFunction = 'call-function';

/** What {@link smp} needs to know. */
export interface SmpOptions {
  readonly cpus: number;
  /** Descriptors that can be queued on one target, the per-CPU ones of all CPUs included; `cpus` unless told. At most 7. */
  readonly slots?: number;
  /** Sends the interrupt whether or not the queue was empty, as Linux does not; no unless told. */
  readonly alwaysIpi?: boolean;
  /** What runs on the target, in its handler; `slot` is the descriptor's. */
  readonly work: (slot: Expression) => StepList;
}

/** One call, as {@link Smp.call} makes it. */
export interface CallOptions {
  /**
   * The slot of the descriptor; the caller's per-CPU one unless told, which is taken with csd_lock(). A slot from
   * `cpus` upwards is a descriptor of the caller's own: new, and therefore taken without a wait.
   */
  readonly slot?: number;
  /** The one CPU to call; every other CPU unless told. Never the caller's own. */
  readonly target?: number;
  /** Whether it returns only when the work is done; yes unless told. */
  readonly wait?: boolean;
  /** Carried by the first step, besides the rules of the kernel. */
  readonly entered?: Extras;
  /** Steps for each target once its descriptor is taken, before it is queued. */
  readonly prepare?: (slot: Expression, target: Expression) => StepList;
  /** Carried by the step that takes the descriptor for a target, which the register `target` names. */
  readonly taken?: Pick<Extras, 'ghost'>;
  /** Carried by the wait for each target, as it ends; the register `target` says for which. */
  readonly answered?: Pick<Extras, 'ghost' | 'check'>;
  /** Carried by the last step. */
  readonly returned?: Extras;
}

/** What {@link smp} gives: memory, the interrupt, and calls. */
export interface Smp {
  readonly variables: readonly Variable[];
  /** The interrupt {@link callFunction}. */
  readonly vector: Vector;
  /** The lock bit of a descriptor: 1 from csd_lock() until the target has done its work. */
  readonly locked: (slot: Operand, target: Operand) => Place;
  /** The register `target` of a frame that calls. */
  readonly target: Local;
  /** The steps of a call; it uses the registers `target` and `ipis`. A list is a scope: use it as often as you like. */
  readonly call: (options?: CallOptions) => StepList;
  /** The steps of the handler, for a vector or a loop of the author's own; it uses the register `entries`. */
  readonly flush: StepList;
}

/** Rules of the kernel that a call which waits stands under: its WARN_ON_ONCE(irqs_disabled()) and WARN_ON_ONCE(!in_task()). */
export const callRules: readonly Rule[] = ['interrupts-enabled', 'task-context'];

/** Makes the parts of kernel/smp.c for one model. */
export function smp(options: SmpOptions): Smp {
  const { cpus, slots = cpus, alwaysIpi = false, work } = options;
  // An entry is a digit, slot + 1; the oldest is the lowest. llist_add() pushes in front, and the handler reverses what it
  // took, so together they are a queue.
  const digit = Math.ceil(Math.log2(slots + 1));
  const mostEntries = 2 ** (digit * slots) - 1;
  const flags = shared('csd', { size: slots * cpus, max: 1 });
  const queue = shared('call_single_queue', { size: cpus, max: mostEntries });
  const target = local('target', { max: cpus });
  const ipis = local('ipis', { max: 2 ** cpus - 1 });
  const entries = local('entries', { max: mostEntries });

  const locked = (slot: Operand, cpu: Operand): Place => at(flags, add(multiply(slot, cpus), cpu));

  /** The queue with one entry more at its end; out of range where it is full. */
  function appended(queued: Expression, slot: Expression): Expression {
    let result: Expression = -1;
    for (let length = slots - 1; length >= 0; length -= 1) {
      const longer = bitOr(queued, shiftLeft(add(slot, 1), digit * length));
      result = when(less(queued, 2 ** (digit * length)), longer, result);
    }
    return result;
  }

  const slot = subtract(bitAnd(entries, 2 ** digit - 1), 1);
  const flush: StepList = [
    atomic('llist_del_all: take the queue', at(queue, self), 0, {
      into: entries,
      goTo: [[equal(entries, 0), 'empty']],
    }),
    label('entry'),
    work(slot),
    store('csd_unlock: release the descriptor', locked(slot, self), 0, {
      set: [[entries, shiftRight(entries, digit)]],
      goTo: [[notEqual(entries, 0), 'entry']],
    }),
    label('empty'),
  ];

  function call(how: CallOptions = {}): StepList {
    const { entered = {}, taken = {}, prepare = () => [], answered = {}, returned = {} } = how;
    const mine = expressionOf(how.slot ?? self);
    const isOwn = how.slot !== undefined && how.slot >= cpus;
    const name = isOwn ? 'smp_call_function_single' : 'smp_call_function_many';
    // for_each_cpu() over all others, or over a mask of one.
    const first = how.target ?? when(equal(self, 0), 1, 0);
    const following = add(target, 1);
    const next = how.target === undefined ? when(equal(following, self), add(target, 2), following) : cpus;
    const descriptor = locked(mine, target);
    const interrupted = alwaysIpi ? 1 : equal(value, 0);
    const waiting: StepList = [
      compute('begin with the first target again', [[target, first]]),
      label('await'),
      waitUntil('csd_lock_wait: wait for the target', descriptor, equal(value, 0), answered),
      compute('go on to the next target', [[target, next]], { goTo: [[less(target, cpus), 'await']] }),
    ];
    return [
      mark(`${name}: enter`, {
        ...entered,
        requires: [...callRules, ...(entered.requires ?? [])],
        set: [[target, first], [ipis, 0], ...(entered.set ?? [])],
      }),
      label('queue'),
      isOwn ? [] : waitUntil('csd_lock: wait until the descriptor is free', descriptor, equal(value, 0)),
      store('csd_lock: take the descriptor', descriptor, 1, taken),
      prepare(mine, target),
      atomic('llist_add: queue the descriptor', at(queue, target), appended(value, mine), {
        set: [
          [ipis, when(interrupted, bitOr(ipis, bit(target)), ipis)],
          [target, next],
        ],
        goTo: [
          [less(target, cpus), 'queue'],
          [equal(ipis, 0), 'queued'],
        ],
      }),
      sendToMask('send the interrupt', callFunction, ipis),
      label('queued'),
      how.wait === false ? [] : waiting,
      mark(`${name}: return`, returned),
    ];
  }

  return {
    variables: [flags, queue],
    vector: {
      name: callFunction,
      kind: 'hardirq',
      handler: routine('flush', 'kernel/smp.c: __flush_smp_call_function_queue()', flush),
    },
    locked,
    target,
    call,
    flush,
  };
}
