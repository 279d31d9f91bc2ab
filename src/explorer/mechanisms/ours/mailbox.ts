/**
 * The mailbox by which interrupt code asks for a sync: it posts to its CPU's box without waiting, and a thread, the
 * server, serves the boxes in process context. `synced(n)` tells whether request n is complete.
 *
 * By CPU a box has two counts, `posted` and `completed`, and a ring of requests. A request is a word that holds its
 * number, so that one which is not yet written is seen as such and waits for the next round. A request's number carries
 * its CPU. The server clears its wake word, takes a snapshot of what is posted, syncs, and says that the snapshot is
 * complete. What completes a request is a sync that began after the call which posted it, so that it covers all that the
 * poster did before.
 *
 * Who posts: a timer tick on every CPU (on CPU 0 it interrupts the server), and on CPU 1 a softirq, which the tick may
 * interrupt. Firings are few: one or two of each. `late-post`: a probe on the interrupt of the server's own cross-call
 * posts, so always after that sync began. It must wake the server (or the server must poll, `polled`): where it does
 * neither (`unarmed`), its request completes only if somebody else happens to post.
 *
 * `server-death` is decided so: what is not marked complete is not complete, whatever the dead server had done of it. A
 * successor needs nothing but the boxes: it serves all that is not complete, and does so before it sleeps, since the
 * wake-up may have died with its predecessor. It begins only when the first server is known to be dead. Posters see a
 * request that takes longer, and no error.
 *
 * Left out: the in-probe count and what a sync waits for (`epoch-sync`): here a sync is its cross-calls, and what
 * counts is when it began and when it had finished. How a post wakes the server is a word that the server sleeps on; with
 * `doorbell` it is what the code does, a word `armed`, counts of urgent posts and a bell. The rate of service is not
 * bounded, and the server does not look of its own accord (`polled`): in the code it does, each quarter of a second, so
 * that a wake-up which is lost here would be late there.
 */

import { MechanismError } from '../../model/error.js';
import { add, equal } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { always, checked, eventually, type Model, type Property, type Source, type Task } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { branch, label, load, routine, store } from '../../model/steps.js';
import { at, local, shared, type Variable } from '../../model/variable.js';
import {
  ask,
  equalOnAll,
  type Mailbox,
  mailboxChecks,
  mailboxVariables,
  makeMailbox,
  nothingEarly,
  post,
  requestKind,
  total,
} from './mailbox-box.js';
import { answerCall, callVector, makeServerMemory, type ServerMemory, serve } from './mailbox-server.js';

function propertiesOf(box: Mailbox): readonly Property[] {
  const { options, posted, completed, attempts, answered, drops } = box;
  return [
    always('no request is complete before a sync that began after its post has finished', nothingEarly(box)),
    checked(mailboxChecks.served),
    ...(options.has('migrate') ? [checked(mailboxChecks.asked)] : []),
    ...(options.has('coalesce') && !options.has('full')
      ? [always('equal requests never find the box full', equal(total(box, drops), 0))]
      : []),
    eventually(
      'every request completes',
      equalOnAll(
        box,
        (cpu) => at(completed, cpu),
        (cpu) => at(posted, cpu),
      ),
    ),
    eventually(
      'every post returns a number, or 0 and is counted as dropped',
      equalOnAll(
        box,
        (cpu) => at(attempts, cpu),
        (cpu) => add(at(answered, cpu), at(drops, cpu)),
      ),
    ),
  ];
}

/** The thread that posts on CPU 1 and asks on CPU 0: two tasks, of which the second begins where the first ends. */
function migrant(box: Mailbox): readonly Task[] {
  const number = local('n', { max: box.carried.max });
  const before = [
    post(box, { kind: requestKind.sync, wakes: true, into: number }),
    store('migrates with the number', box.carried, number),
  ];
  return [
    {
      name: 'thread before',
      cpu: 1,
      routine: routine('thread-posts', 'src/d/codegen/mailbox.ts: emitPostFunction()', before),
    },
    {
      name: 'thread after',
      cpu: 0,
      routine: routine('thread-asks', 'src/d/codegen/mailbox.ts: emitSyncedFunction()', ask(box)),
    },
  ];
}

/** What a probe on the entry of the cross-call's interrupt does: it posts once. */
function latePost(box: Mailbox, budget: Variable): StepList {
  const left = local('left', { max: 1 });
  return [
    load('looks whether it posts', budget, left),
    branch(equal(left, 0), 'silent'),
    store('posts this once', budget, 0, { set: [[left, 0]] }),
    post(box, { kind: requestKind.sync, wakes: !box.options.has('unarmed') }),
    label('silent'),
  ];
}

function tasksOf(box: Mailbox, memory: ServerMemory): readonly Task[] {
  const { options } = box;
  const server: Task = {
    name: 'server',
    cpu: 0,
    routine: routine('serve', 'src/xcall/mailbox/rounds.ts: createRounds()', serve(box, memory, 'first')),
    preemptible: options.has('migrate') || options.has('two-servers'),
  };
  const successor: Task = {
    name: 'successor',
    cpu: 0,
    routine: routine(
      'serve-as-successor',
      'src/xcall/mailbox/rounds.ts: createRounds()',
      serve(box, memory, 'successor'),
    ),
    preemptible: options.has('two-servers'),
  };
  return [server, ...(options.has('server-death') ? [successor] : []), ...(options.has('migrate') ? migrant(box) : [])];
}

/**
 * Ticks on CPU 0 interrupt the server. Where a question is about CPU 1 alone the tick of CPU 0 is left out, and where it
 * is not about nesting, the softirq.
 */
function sourcesOf({ cpus, options }: Setting): readonly Source[] {
  const crowded = options.has('coalesce') || options.has('full');
  const times = (cpu: number): number => {
    if (cpu === 0) return crowded || options.has('late-post') ? 0 : 1;
    if (cpu === 1) return crowded ? 2 : options.has('migrate') ? 0 : 1;
    return 1;
  };
  const softirqs = options.has('migrate') || options.has('server-death') ? 0 : 1;
  const sources: readonly Source[] = [
    ...Array.from({ length: cpus }, (_, cpu) => ({ vector: 'tick', cpu, times: times(cpu) })),
    { vector: 'network', cpu: 1, times: softirqs },
  ];
  return sources.filter((source) => source.times !== 0);
}

/**
 * Requests that a box holds. Where equal requests coalesce, one may be in service and one half-written a context that
 * posts: the tick meets the number that the interrupted softirq took, and cannot join what is not yet written.
 */
function capacityOf(options: ReadonlySet<string>): number {
  if (options.has('full')) return 1;
  return options.has('coalesce') && !options.has('two-places') ? 3 : 2;
}

/** Options that make sense with another only. */
const belongings: Readonly<Record<string, string>> = {
  'taken-late': 'coalesce',
  'two-places': 'coalesce',
  'no-cpu': 'migrate',
  overwrite: 'full',
  'block-when-full': 'full',
  'plain-drops': 'full',
  'trust-taken': 'server-death',
  'await-wake': 'server-death',
  'two-servers': 'server-death',
  unarmed: 'late-post',
  'no-recheck': 'doorbell',
  'plain-arm': 'doorbell',
};

function build(setting: Setting): Model {
  const { cpus, options } = setting;
  for (const [option, other] of Object.entries(belongings)) {
    if (options.has(option) && !options.has(other)) {
      throw new MechanismError(`option ${option}`, `goes with ${other} only`, `tell --with ${other},${option}`);
    }
  }
  const box = makeMailbox(setting, capacityOf(options));
  const memory = makeServerMemory(cpus);
  const budget = shared('late post', { max: 1, initial: 1 });
  const late = options.has('late-post');
  const other = options.has('coalesce') ? requestKind.sync : requestKind.call;
  return {
    cpus,
    variables: [
      ...mailboxVariables(box),
      memory.acknowledged,
      ...(options.has('server-death') ? [memory.alive] : []),
      ...(late ? [budget] : []),
    ],
    tasks: tasksOf(box, memory),
    vectors: [
      {
        name: callVector,
        kind: 'hardirq',
        handler: routine('answer-call', '', answerCall(memory, late ? latePost(box, budget) : [])),
      },
      {
        name: 'tick',
        kind: 'hardirq',
        handler: routine(
          'tick',
          'src/d/codegen/mailbox.ts: emitPostFunction()',
          post(box, { kind: requestKind.sync, wakes: true }),
        ),
      },
      {
        name: 'network',
        kind: 'softirq',
        handler: routine(
          'network',
          'src/d/codegen/mailbox.ts: emitPostFunction()',
          post(box, { kind: other, wakes: true }),
        ),
      },
    ],
    sources: sourcesOf(setting),
    properties: propertiesOf(box),
  };
}

/** The mailbox, see the head of this file. */
export const mailbox: Mechanism = mechanism({
  name: 'mailbox',
  summary: 'requests posted from interrupt context, served in process context',
  options: [
    { name: 'full', summary: 'a box holds one request: a post that finds it full returns 0 and is counted' },
    { name: 'coalesce', summary: 'all post syncs: a post joins an equal request that the server has not begun' },
    { name: 'late-post', summary: "a probe in the server's own cross-call posts: after that sync began" },
    { name: 'migrate', summary: 'a thread posts on one CPU and asks on another' },
    { name: 'server-death', summary: 'the server may be killed between any two system calls; a successor begins' },
    {
      name: 'doorbell',
      summary: 'a post wakes the server only if it sleeps: armed word, counts of urgent posts, bell',
    },
    { name: 'late-snapshot', summary: 'wrong: the server reads the posted counts after its sync' },
    { name: 'taken-late', summary: 'wrong, with coalesce: requests are said to be begun only after the sync' },
    {
      name: 'two-places',
      summary: 'wrong, with coalesce: a box holds two requests, not one in service and one a context',
    },
    { name: 'no-cpu', summary: 'wrong, with migrate: a number does not carry its CPU' },
    { name: 'overwrite', summary: 'wrong, with full: a post does not look for room' },
    { name: 'block-when-full', summary: 'wrong, with full: a post waits for room' },
    { name: 'plain-drops', summary: 'wrong, with full: drops are counted by a load and a store' },
    { name: 'clear-after-snapshot', summary: 'wrong: the wake word is cleared after the boxes were looked at' },
    { name: 'plain-clear', summary: 'wrong under TSO, without doorbell: the wake word is cleared by a plain store' },
    { name: 'trust-taken', summary: 'wrong, with server-death: the successor takes for complete what was begun' },
    { name: 'await-wake', summary: 'wrong, with server-death: the successor waits to be woken' },
    { name: 'two-servers', summary: 'wrong, with server-death: the successor begins while the first may still serve' },
    {
      name: 'no-recheck',
      summary: 'wrong, with doorbell: the server arms, and sleeps without a look at the urgent posts',
    },
    { name: 'plain-arm', summary: 'wrong under TSO, with doorbell: the server arms by a plain store' },
    { name: 'polled', summary: 'the server looks at the boxes again and again, woken or not' },
    {
      name: 'unarmed',
      summary: "wrong, with late-post and without polled: a post in the server's own cross-call does not wake it",
    },
  ],
  variants: [[], ['full'], ['coalesce'], ['late-post'], ['migrate'], ['server-death'], ['coalesce', 'doorbell']],
  cpus: { least: 2, most: 3 },
  memories: ['sc', 'tso'],
  build,
});
