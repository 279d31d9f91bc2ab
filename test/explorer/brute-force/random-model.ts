/** Small models at random: well-formed, without errors of their own, and otherwise as odd as the language allows. */

import fc from 'fast-check';
import {
  add,
  bitAnd,
  type Expression,
  equal,
  modulo,
  notEqual,
  value,
} from '../../../src/explorer/model/expression.js';
import {
  always,
  checked,
  eventually,
  ghosts,
  type Model,
  type Source,
  type Task,
  type Vector,
} from '../../../src/explorer/model/model.js';
import { rules, type Step, type StepList } from '../../../src/explorer/model/step.js';
import {
  atomic,
  choose,
  compute,
  disablePreemption,
  type Extras,
  enablePreemption,
  fence,
  label,
  load,
  mark,
  routine,
  sendToMask,
  setLevel,
  store,
  waitForAny,
  waitUntil,
} from '../../../src/explorer/model/steps.js';
import { at, ghost, local, type Place, shared } from '../../../src/explorer/model/variable.js';

const words = shared('words', { size: 2, max: 2, initial: [0, 1] });
const count = ghost('count', { max: 3 });
/** Words, and values of them. */
const a = local('a', { max: 2 });
/** A flag or a level. */
const b = local('b', { min: 0, max: 15 });
const never3 = checked('the count is not 3 at a check');

const small = fc.nat({ max: 2 });
const place: fc.Arbitrary<Place> = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 1 }).map((index) => at(words, index)) },
  { weight: 1, arbitrary: fc.constant(at(words, bitAnd(a, 1))) },
);
const word: fc.Arbitrary<Expression> = fc.oneof(small, fc.constant(a));
const test: fc.Arbitrary<Expression> = fc.oneof(
  small.map((number) => equal(value, number)),
  small.map((number) => notEqual(value, number)),
  fc.constant(equal(value, a)),
);
const mostly = <T>(usual: T, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });
const counted = [[count, bitAnd(add(count, 1), 3)]] as const;

/** What a step carries; only a step that makes an access may go back. */
const carried = (mayGoBack: boolean): fc.Arbitrary<Extras> =>
  fc.record({
    ghost: mostly<NonNullable<Extras['ghost']>>([], fc.constant(counted)),
    set: mostly<NonNullable<Extras['set']>>([], fc.constant([[a, modulo(add(a, 1), 3)]])),
    check: mostly<NonNullable<Extras['check']>>([], fc.constant([[never3.name, notEqual(count, 3)]])),
    requires: mostly<NonNullable<Extras['requires']>>([], fc.subarray([...rules])),
    progress: mostly(false, fc.constant(true)),
    goTo: mostly<NonNullable<Extras['goTo']>>(
      [],
      fc.tuple(test, fc.constantFrom(...(mayGoBack ? ['again', 'end'] : ['end']))).map((jump) => [jump]),
    ),
  });

const waiting = fc.record({ sleeping: mostly(false, fc.constant(true)), rest: mostly(false, fc.constant(true)) });
const alternatives = fc.array(
  fc.record({ from: place, until: test, into: fc.constant(a), to: fc.constantFrom('again', 'end') }),
  { minLength: 1, maxLength: 2 },
);
const register = fc.constantFrom(b, undefined);

/** What the models of one kind have in common. */
interface Kind {
  /** How many steps on registers alone there are to one of each other kind. */
  readonly computes: number;
}

/** One step; `vectors` are those that it may send. */
function stepOf({ computes }: Kind, vectors: readonly string[], cpus: number): fc.Arbitrary<Step> {
  const back = carried(true);
  const steps: fc.Arbitrary<Step>[] = [
    fc.tuple(place, back).map(([from, extras]) => load('load', from, a, extras)),
    fc.tuple(place, word, back).map(([to, what, extras]) => store('store', to, what, extras)),
    fc.tuple(place, word, back).map(([to, what, extras]) => store('store', to, what, extras)),
    fc.tuple(place, back).map(([to, extras]) => atomic('add', to, modulo(add(value, 1), 3), { ...extras, into: a })),
    fc.tuple(place, test, back).map(([to, until, extras]) => atomic('lock', to, 1, { ...extras, until })),
    fc
      .tuple(place, test, waiting, back)
      .map(([from, until, how, extras]) => waitUntil('wait', from, until, { ...extras, ...how })),
    fc.tuple(alternatives, waiting, back).map(([ways, how, extras]) => waitForAny('any', ways, { ...extras, ...how })),
    back.map((extras) => fence('fence', extras)),
    fc.tuple(fc.constantFrom(0, 1, b), register, back).map(([to, saved, extras]) => interrupts(to, saved, extras)),
    fc
      .tuple(fc.constantFrom(0, 3, 5, b), register, back)
      .map(([to, saved, extras]) => setLevel('set level', to, saved, extras)),
    fc.tuple(small, back).map(([from, extras]) => choose('choose', a, from, 2, extras)),
    back.map((extras) => mark('mark', extras)),
  ];
  const computing = carried(false).map((extras) => compute('compute', [[a, modulo(add(a, 1), 3)]], extras));
  if (vectors.length > 0) {
    const targets = fc.integer({ min: 1, max: 2 ** cpus - 1 });
    steps.push(
      fc
        .tuple(fc.constantFrom(...vectors), targets, back)
        .map(([vector, mask, extras]) => sendToMask('send', vector, mask, extras)),
    );
  }
  return fc.oneof(...steps, { weight: computes, arbitrary: computing });
}

function interrupts(to: Expression, saved: typeof b | undefined, extras: Extras): Step {
  return { ...mark('set interrupts', extras), kind: 'interrupts', to, saved };
}

const body = (step: fc.Arbitrary<Step>, most: number): fc.Arbitrary<StepList> =>
  fc.array(step, { maxLength: most }).map((steps) => [label('again'), ...steps]);

/** A task's steps; some with a part that is not preempted, from which nothing goes back. */
const taskBody = (step: fc.Arbitrary<Step>): fc.Arbitrary<StepList> =>
  fc.oneof(
    { weight: 4, arbitrary: body(step, 4) },
    { weight: 1, arbitrary: body(step, 2).map((steps) => [[disablePreemption()], steps, [enablePreemption()]]) },
  );

function vectorOf(kind: Kind, name: string, cpus: number): fc.Arbitrary<Vector> {
  const steps = body(stepOf(kind, [], cpus), 3);
  return fc
    .record({
      context: fc.constantFrom('softirq' as const, 'hardirq' as const, 'nmi' as const),
      level: fc.constantFrom(0, 3, 5),
      interrupts: fc.constantFrom(undefined, 'on' as const, 'off' as const),
      steps,
    })
    .map(({ context, level, interrupts: flag, steps: list }) => ({
      name,
      kind: context,
      level: context === 'nmi' ? 0 : level,
      ...(flag === undefined ? {} : { interrupts: flag }),
      handler: routine(`handle ${name}`, '', list),
    }));
}

const sourceOf = (vectors: readonly string[], cpus: number): fc.Arbitrary<Source> =>
  fc.record({
    vector: fc.constantFrom(...vectors),
    cpu: fc.nat({ max: cpus - 1 }),
    times: fc.constantFrom(1, 2, 'forever' as const),
    ghost: mostly(ghosts([]), fc.constant(ghosts(counted))),
  });

const tasksOf = (kind: Kind, vectors: readonly string[], cpus: number): fc.Arbitrary<readonly Task[]> =>
  fc
    .array(
      fc.record({
        cpu: fc.nat({ max: cpus - 1 }),
        preemptible: fc.boolean(),
        steps: taskBody(stepOf(kind, vectors, cpus)),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((tasks) =>
      tasks.map(({ cpu, preemptible, steps }, index) => ({
        name: `task ${index}`,
        cpu,
        preemptible,
        routine: routine(`routine ${index}`, '', steps),
      })),
    );

const properties = fc
  .record({
    always: mostly(false, fc.constant(true)),
    first: fc.option(small),
    second: fc.option(small),
  })
  .map(({ always: asked, first, second }) => [
    ...(asked ? [always('the count is not 3', notEqual(count, 3))] : []),
    never3,
    ...(first === null ? [] : [eventually('the first word comes to be', equal(at(words, 0), first))]),
    ...(second === null ? [] : [eventually('the second word comes to be', equal(at(words, 1), second))]),
  ]);

const modelOf = (kind: Kind): fc.Arbitrary<Model> =>
  fc.tuple(fc.integer({ min: 1, max: 2 }), fc.constantFrom([], ['v'], ['v', 'w'])).chain(([cpus, names]) =>
    fc.record({
      cpus: fc.constant(cpus),
      variables: fc.constant([words, count]),
      tasks: tasksOf(kind, names, cpus),
      vectors: fc.tuple(...names.map((name) => vectorOf(kind, name, cpus))),
      sources: names.length === 0 ? fc.constant([]) : fc.array(sourceOf(names, cpus), { maxLength: 2 }),
      properties,
      frames: fc.integer({ min: 1, max: 2 }),
      storeBuffer: fc.integer({ min: 1, max: 2 }),
    }),
  );

/** A model of one or two CPUs, up to three tasks, two vectors and two sources. */
export const randomModel: fc.Arbitrary<Model> = modelOf({ computes: 1 });

/** A model that has much to fold: of random models such as {@link randomModel} makes, few would show that folding errs. */
export const computingModel: fc.Arbitrary<Model> = modelOf({ computes: 10 });
