/**
 * The parts of kernel/smp.c, for every mechanism that calls across CPUs as today's Linux does: descriptors (`csd`) with
 * their lock bit, one lock-free queue a CPU, the interrupt that is sent only where the queue was empty, and the
 * handler that empties it with interrupts off.
 *
 * A *slot* is the number of a descriptor among those that can be queued on one target. Slots 0 to `cpus - 1` are the
 * per-CPU descriptors: slot c is the one that CPU c owns (`per_cpu_ptr(cfd->csd, target)`). Further slots are
 * descriptors of their own: on a caller's stack, or inside an object, as irq_works are too.
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
  value,
  when,
} from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { Rule, StepList } from '../../model/step.js';
import {
  atomic,
  branch,
  compute,
  type Extras,
  fence,
  jump,
  label,
  load,
  mark,
  routine,
  send,
  sendToMask,
  store,
  waitUntil,
} from '../../model/steps.js';
import { at, type Local, local, type Place, shared, type Variable } from '../../model/variable.js';
import { packing } from './llist.js';

/** The name of the interrupt. */
export const callFunction = 'call-function';

/** What {@link smp} needs to know. */
export interface SmpOptions {
  readonly cpus: number;
  /** Descriptors that can be queued on one target, the per-CPU ones of all CPUs included; `cpus` unless told. At most 7. */
  readonly slots?: number;
  /** Sends the interrupt whether or not the queue was empty, as Linux does not; no unless told. */
  readonly alwaysIpi?: boolean;
  /**
   * What slots from `cpus` upwards are: descriptors on the stacks of callers that wait (unless told), descriptors
   * inside objects for smp_call_function_single_async(), or irq_works. {@link Smp.post} queues the latter two.
   */
  readonly objects?: 'stack' | 'async' | 'irq-work';
  /** What runs on the target, in its handler; `slot` is the descriptor's. */
  readonly work: (slot: Expression) => StepList;
  /** What runs for objects that {@link Smp.post} queued; `work` unless told. */
  readonly objectWork?: (slot: Expression) => StepList;
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
  /** The flags of a descriptor: 1 from csd_lock() until csd_unlock(); of an irq_work: pending 1, busy 2. */
  readonly locked: (slot: Operand, target: Operand) => Place;
  /** The register `target` of a frame that calls. */
  readonly target: Local;
  /** The steps of a call; it uses the registers `target` and `ipis`. A list is a scope: use it as often as you like. */
  readonly call: (options?: CallOptions) => StepList;
  /**
   * smp_call_function_single_async() or irq_work_queue_on() of the object in a slot from `cpus` upwards: allowed with
   * interrupts disabled. Where the object is queued already, nothing is done.
   */
  readonly post: (slot: Operand, target: Operand) => StepList;
  /** The steps of the handler, for a vector or a loop of the author's own; it uses the registers `entries` and `later`. */
  readonly flush: StepList;
}

/** Rules of the kernel that a call which waits stands under: its WARN_ON_ONCE(irqs_disabled()) and WARN_ON_ONCE(!in_task()). */
export const callRules: readonly Rule[] = ['interrupts-enabled', 'task-context'];

/** Bits of an irq_work's flags: it is queued; it is queued, or its function runs. */
export const irqWorkPending = 1;
const irqWorkBusy = 2;
const irqWorkClaimed = irqWorkPending | irqWorkBusy;

/** Makes the parts of kernel/smp.c for one model. */
export function smp(options: SmpOptions): Smp {
  const { cpus, slots = cpus, alwaysIpi = false, objects = 'stack', work, objectWork = work } = options;
  const { most, appended, oldest, rest } = packing(slots);
  const flags = shared('csd', { size: slots * cpus, max: objects === 'irq-work' ? irqWorkClaimed : 1 });
  const queue = shared('call_single_queue', { size: cpus, max: most });
  const target = local('target', { max: cpus });
  const ipis = local('ipis', { max: 2 ** cpus - 1 });
  const entries = local('entries', { max: most });
  const later = local('later', { max: most });

  const locked = (slot: Operand, cpu: Operand): Place => at(flags, add(multiply(slot, cpus), cpu));

  /** __flush_smp_call_function_queue() for an entry that nobody waits for. */
  function unawaited(slot: Expression): StepList {
    const object = locked(slot, self);
    if (objects === 'async') return [store('csd_unlock: release the descriptor', object, 0), objectWork(slot)];
    return [
      load('irq_work_single: read the flags', object),
      store('irq_work_single: no longer pending', object, irqWorkBusy),
      fence('irq_work_single: smp_mb'),
      objectWork(slot),
      atomic('irq_work_single: no longer busy', object, when(equal(value, irqWorkBusy), 0, value)),
    ];
  }

  const next: Extras = { set: [[entries, rest(entries)]], goTo: [[notEqual(entries, 0), 'entry']] };
  const awaited: StepList = [
    work(oldest(entries)),
    store('csd_unlock: release the descriptor', locked(oldest(entries), self), 0, next),
  ];
  // Those that somebody waits for go first, the others are put aside.
  const sorted: StepList = [
    branch(less(oldest(entries), cpus), 'awaited'),
    load('read its type, and put it aside', locked(oldest(entries), self), undefined, {
      set: [
        [later, appended(later, oldest(entries))],
        [entries, rest(entries)],
      ],
    }),
    branch(notEqual(entries, 0), 'entry'),
    jump('later'),
    label('awaited'),
    awaited,
    label('later'),
    branch(equal(later, 0), 'empty'),
    unawaited(oldest(later)),
    compute('go on to the next', [[later, rest(later)]], { goTo: 'later' }),
  ];
  const flush: StepList = [
    atomic('llist_del_all: take the queue', at(queue, self), 0, {
      into: entries,
      goTo: [[equal(entries, 0), 'empty']],
    }),
    label('entry'),
    objects === 'stack' ? awaited : sorted,
    label('empty'),
  ];

  /** llist_add(), and the interrupt where the queue was empty. */
  const queueOne = (slot: Operand, cpu: Operand): StepList => [
    atomic('llist_add: queue the entry', at(queue, cpu), appended(value, slot), {
      goTo: alwaysIpi ? [] : [[notEqual(value, 0), 'queued']],
    }),
    send('send the interrupt', callFunction, cpu),
    label('queued'),
  ];

  /** Whoever finds the object in use goes away: it is refused, and never waits. */
  function post(slot: Operand, cpu: Operand): StepList {
    const object = locked(slot, cpu);
    if (objects === 'irq-work') {
      return [
        atomic('irq_work_claim: claim the work', object, irqWorkClaimed, {
          requires: ['not-nmi'],
          goTo: [[bitAnd(value, irqWorkPending), 'refused']],
        }),
        queueOne(slot, cpu),
        label('refused'),
      ];
    }
    return [
      load('smp_call_function_single_async: look whether the descriptor is free', object, undefined, {
        requires: ['not-nmi'],
        goTo: [[notEqual(value, 0), 'refused']],
      }),
      store('smp_call_function_single_async: take the descriptor', object, 1),
      queueOne(slot, cpu),
      label('refused'),
    ];
  }

  function call(how: CallOptions = {}): StepList {
    const { entered = {}, taken = {}, prepare = () => [], answered = {}, returned = {} } = how;
    const mine = expressionOf(how.slot ?? self);
    const isOwn = how.slot !== undefined && how.slot >= cpus;
    const name = isOwn ? 'smp_call_function_single' : 'smp_call_function_many';
    // for_each_cpu() over all others, or over a mask of one.
    const first = how.target ?? when(equal(self, 0), 1, 0);
    const following = add(target, 1);
    const nextTarget = how.target === undefined ? when(equal(following, self), add(target, 2), following) : cpus;
    const descriptor = locked(mine, target);
    const interrupted = alwaysIpi ? 1 : equal(value, 0);
    const waiting: StepList = [
      compute('begin with the first target again', [[target, first]]),
      label('await'),
      waitUntil('csd_lock_wait: wait for the target', descriptor, equal(value, 0), answered),
      compute('go on to the next target', [[target, nextTarget]], { goTo: [[less(target, cpus), 'await']] }),
    ];
    return [
      mark(`${name}: enter`, {
        ...entered,
        requires: [...callRules, ...(entered.requires ?? [])],
        set: [[target, first], [ipis, 0], ...(entered.set ?? [])],
      }),
      label('queue'),
      isOwn ? [] : waitUntil('csd_lock: wait until the descriptor is free', descriptor, equal(value, 0)),
      store(isOwn ? 'make a descriptor, locked' : 'csd_lock: take the descriptor', descriptor, 1, taken),
      prepare(mine, target),
      atomic('llist_add: queue the descriptor', at(queue, target), appended(value, mine), {
        set: [
          [ipis, when(interrupted, bitOr(ipis, bit(target)), ipis)],
          [target, nextTarget],
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
    post,
    flush,
  };
}
