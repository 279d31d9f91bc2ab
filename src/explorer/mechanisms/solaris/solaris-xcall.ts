/**
 * Solaris' cross-calls (illumos i86pc/os/x_call.c), which DTrace was made for: dtrace_xcall() is an xc_sync() to all
 * CPUs.
 *
 * **The machine around.** The processes of CPUs 0 and 1 each call all CPUs once, so that calls cross; further CPUs
 * are targets only, to keep the states few. The two share a spin mutex of level 11 (DISP_LEVEL): process 0 takes it
 * after its call, process 1 calls while it holds it; so a target can spin for what the caller holds. With `nested`, a
 * cyclic interrupt of CY_HIGH_LEVEL (14) comes once on CPU 0, at any moment, and calls as well; the mutex is left out
 * there, to keep the states few. DTrace's own cyclics that sync are of CY_LOW_LEVEL (1): the level 14 is the hardest
 * case that is below 15.
 *
 * **Asked.** A call returns only when its function has run on every CPU; of xc_sync(), nobody leaves before; no CPU
 * runs out of free messages (the original panics); at the end all queues are empty; and nobody hangs.
 *
 * **May a timer call synchronously?** Yes, below level 15. **What the rest of the kernel must promise:** nobody waits
 * for another CPU with interrupts disabled or at level 15, unless in xc_serv(); locks are waited for at lower levels.
 * What a CPU does at level 15 or with cli and waits for nobody delays the call (`deaf,briefly`) and breaks nothing.
 * The three parts are needed together: without the raise (`no-raise`) the interrupt of another call comes in the
 * midst of a caller's posting, and its handler waits for a message that the interrupted caller has counted but not
 * yet posted; a cyclic that calls again there (`nested,no-raise`) finds no free messages left; without serving
 * (`no-serve`) two callers at level 15 wait for one another; a target that spins with cli for the caller's lock
 * (`deaf`) never answers.
 *
 * Who neither raises nor serves but stays interruptible while it waits (`no-serve,no-raise`) is safe as well: that is
 * Linux' way, and Linux' limit: a cyclic that then calls over its own process (`nested,no-serve,no-raise`) waits for
 * a message that the process under it has taken and not yet posted, or overwrites the function that is yet to be run.
 *
 * **Left out.** Priority calls and ASYNC messages, CPUs that come and go, sets of fewer than all CPUs, IPIs that get
 * lost; how splr() masks (the local APIC's task priority, or lazily in software) is the machine's level. Steps of
 * queues: see x-call.ts. `no-serve` is no code of Solaris since 2009: there targets free the messages themselves, and
 * the caller waits for that.
 */

import { MechanismError } from '../../model/error.js';
import { mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model, type Task, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  disableInterrupts,
  mark,
  restoreInterrupts,
  routine,
  setLevel,
  spinLock,
  spinUnlock,
} from '../../model/steps.js';
import { local, shared, type Variable } from '../../model/variable.js';
import {
  allAtRest,
  type CrossCall,
  callAllCpus,
  crossCall,
  crossCallLevel,
  crossCallProperties,
  crossCallVariables,
  fitsInMachine,
  serve,
} from './x-call.js';

/** DISP_LEVEL: that of the dispatcher's locks, the highest of a mutex that much is done under. */
const mutexLevel = 11;
/** CBE_HIGH_PIL: that of cyclics of CY_HIGH_LEVEL. */
const cyclicLevel = 14;

const outerLevel = local('outer level', { max: crossCallLevel });
const flag = local('flag', { max: 1 });

/** A section under the mutex, at its level as mutex_vector_enter() has it. */
const underMutex = (mutex: Variable, inside: StepList): StepList => [
  setLevel('raise to the level of the mutex', mutexLevel, outerLevel),
  spinLock('spin for the mutex', mutex),
  inside,
  spinUnlock('release the mutex', mutex),
  setLevel('lower to the level before the mutex', outerLevel, undefined, { set: [[outerLevel, 0]] }),
];

/** What a `deaf` CPU does instead: the same mutex by cli, or some work that waits for nobody. */
const deaf = (mutex: Variable, briefly: boolean): StepList => [
  disableInterrupts(flag),
  briefly
    ? mark('work with interrupts disabled', {})
    : [spinLock('spin for the mutex with interrupts disabled', mutex), spinUnlock('release the mutex', mutex)],
  restoreInterrupts(flag, { set: [[flag, 0]] }),
];

/** What the process of a CPU does; see the top. */
function processSteps(x: CrossCall, mutex: Variable, cpu: number, options: ReadonlySet<string>): StepList {
  if (cpu > 1) return [];
  const call = callAllCpus(x, 1);
  if (options.has('nested')) return call;
  if (cpu > 0) return underMutex(mutex, call);
  return [call, options.has('deaf') ? deaf(mutex, options.has('briefly')) : underMutex(mutex, [])];
}

function vectorsOf(x: CrossCall, nested: boolean): readonly Vector[] {
  const cyclic: Vector = {
    name: 'cyclic',
    kind: 'hardirq',
    level: cyclicLevel,
    interrupts: 'on',
    handler: routine('cyclic', 'os/cyclic.c: cyclic_fire(); i86pc/os/x_call.c: xc_common()', callAllCpus(x, 2)),
  };
  const xcall: Vector = {
    name: 'xcall',
    kind: 'hardirq',
    level: crossCallLevel,
    interrupts: 'on',
    handler: routine('xc_serv', 'i86pc/os/x_call.c: xc_serv()', serve(x)),
  };
  return nested ? [xcall, cyclic] : [xcall];
}

function build({ cpus, options }: Setting): Model {
  const command = options.has('sync') ? 'sync' : 'call';
  const nested = options.has('nested');
  if (options.has('no-serve') && command === 'sync') {
    throw new MechanismError(
      '',
      'no-serve does not go with sync',
      'targets of a sync hand messages back for the caller to serve: ask call',
    );
  }
  if (options.has('deaf') && options.has('nested')) {
    throw new MechanismError('', 'deaf does not go with nested', 'nested leaves the mutex out: ask one at a time');
  }
  if (options.has('briefly') && !options.has('deaf')) {
    throw new MechanismError('', 'briefly says how a target is deaf', 'add deaf');
  }
  const design = {
    cpus,
    command,
    raises: !options.has('no-raise'),
    serves: !options.has('no-serve'),
    callers: nested && options.has('no-raise') ? 2 : 1,
  } as const;
  if (!fitsInMachine(design)) {
    throw new MechanismError('', `the queues of ${cpus} CPUs do not fit in a number`, 'ask fewer CPUs');
  }
  const x = crossCall(design);
  const mutex = shared('mutex', { max: 1 });
  return {
    cpus,
    variables: [...crossCallVariables(x), mutex],
    tasks: Array.from({ length: cpus }, (_, cpu): Task => {
      const steps = processSteps(x, mutex, cpu, options);
      const standsFor = 'i86pc/os/dtrace_subr.c: dtrace_xcall(); i86pc/os/x_call.c: xc_common()';
      return { name: `process ${cpu}`, cpu, routine: routine('process', standsFor, steps) };
    }),
    vectors: vectorsOf(x, nested),
    sources: nested ? [{ vector: 'cyclic', cpu: 0, times: 1 }] : [],
    properties: [
      checked(crossCallProperties.complete),
      ...(command === 'sync' ? [checked(crossCallProperties.together)] : []),
      checked(crossCallProperties.pool),
      eventually('at the end no message and no work is left over', allAtRest(x)),
    ],
  };
}

/** Solaris' cross-calls, and what each of their parts is for. */
export const solarisXcall = mechanism({
  name: 'solaris-xcall',
  summary:
    'message queues and work counts, raised to level 15, waiters serve their own inbox: what DTrace was made for',
  options: [
    { name: 'call', group: 'command', summary: 'xc_call(): each target goes on when it has run the function' },
    {
      name: 'sync',
      group: 'command',
      summary: 'xc_sync(): no target goes on before all have run it; dtrace_xcall() uses it',
    },
    { name: 'nested', summary: 'a cyclic of level 14 comes on CPU 0 at any moment and calls again' },
    { name: 'no-raise', summary: 'the caller does not raise its level to 15' },
    { name: 'no-serve', summary: 'a caller that waits does not serve its own inbox' },
    { name: 'deaf', summary: 'a target spins with interrupts disabled for a mutex that the caller holds' },
    { name: 'briefly', summary: 'with deaf: the target has interrupts disabled for a while and waits for nobody' },
  ],
  variants: [
    ['call'],
    ['sync'],
    ['nested'],
    ['sync', 'nested'],
    ['no-raise'],
    ['nested', 'no-raise'],
    ['no-serve'],
    ['no-serve', 'no-raise'],
    ['deaf'],
    ['deaf', 'briefly'],
  ],
  build,
});
