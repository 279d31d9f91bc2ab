/**
 * What the protocol costs in a firing (raising and lowering the in-probe count, reading activity and selectors): the
 * program that `@ = count()` is compiled to, and the same program without it, both on the same calls in one run.
 */

import { dropUnreachable } from '../../src/bpf/assembly/reachable.js';
import { type AssemblyItem, loadConstant, move } from '../../src/bpf/instruction.js';
import { createEmitter } from '../../src/d/codegen/emitter.js';
import { emitCloseFiring, emitOpenFiring } from '../../src/d/codegen/firing.js';
import { activity, type RuntimeShape } from '../../src/d/codegen/memory/layout.js';
import { type Enabling, enableText, openSession, runningKernel } from '../../src/index.js';
import { type Bench, pairs, type Row } from '../bench.js';
import { type Answerer, startAnswerer } from '../child.js';
import { figureOf } from '../figure.js';
import { attachFloor } from '../floor.js';
import { timesTogether } from '../program-time.js';
import { spreadOf } from '../spread.js';
import { apart, cpuRoles } from '../tracers.js';

const calls = 200_000;

const text = 'syscall::getppid:entry { @ = count(); }';

/** An item as text, the numbers of labels left out. */
const wordsOf = (item: AssemblyItem): string =>
  JSON.stringify(item, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : typeof value === 'string' ? value.replace(/_\d+$/, '') : value,
  );

/** Puts `instead` in the place of the only part of `items` that is as `part`. Throws Error where there is none. */
function replace(
  items: readonly AssemblyItem[],
  part: readonly AssemblyItem[],
  instead: (found: readonly AssemblyItem[]) => readonly AssemblyItem[],
): readonly AssemblyItem[] {
  const wanted = part.map(wordsOf).join();
  const places = items.flatMap((_, at) =>
    items
      .slice(at, at + part.length)
      .map(wordsOf)
      .join() === wanted
      ? [at]
      : [],
  );
  const [at] = places;
  if (at === undefined || places.length > 1) throw new Error('the protocol is not where it is expected');
  return [...items.slice(0, at), ...instead(items.slice(at, at + part.length)), ...items.slice(at + part.length)];
}

/** The program of a site without the protocol: it is always active, on the first level, and works in the first halves. */
function withoutProtocol(items: readonly AssemblyItem[], shape: RuntimeShape): readonly AssemblyItem[] {
  const open = createEmitter();
  emitOpenFiring(open, shape, activity.active, { inert: 'inert', deep: 'deep' });
  const close = createEmitter();
  emitCloseFiring(close, shape, 'inert');
  const opened = replace(items, open.items, () => [move('r1', 0), loadConstant('r2', BigInt(activity.active))]);
  return dropUnreachable(replace(opened, close.items, (found) => found.filter(({ kind }) => kind === 'label')));
}

/** An enabling whose probes on system calls do without. */
const stripped = (enabling: Enabling, shape: RuntimeShape): Enabling => ({
  ...enabling,
  sites: enabling.sites.map((site) => ({
    ...site,
    spec:
      site.plan.attachment.kind === 'typed-raw-tracepoint'
        ? { ...site.spec, items: withoutProtocol(site.spec.items, shape) }
        : site.spec,
  })),
});

/** Nanoseconds a run: with the protocol, without, and of an empty program. */
type Times = readonly [whole: number, without: number, empty: number];

interface Compiled {
  readonly enabling: Enabling;
  readonly kernel: ReturnType<typeof runningKernel>;
}

/** Attaches all three, one after the other from the one that is to be the `first`, and has the calls made. */
async function sample(caller: Answerer, { enabling, kernel }: Compiled, first: number): Promise<Times> {
  const open = (one: Enabling): Disposable => {
    const session = openSession(one, kernel);
    session.go();
    return session;
  };
  const kinds = [
    () => open(enabling),
    () => open(stripped(enabling, enabling.memory.shape)),
    () => attachFloor('empty'),
  ];
  const places = kinds.map((_, turn) => (first + turn) % kinds.length);
  const makers = places.flatMap((place) => kinds[place] ?? []);
  const times = await timesTogether(calls, makers, (count) => caller.ask(`count ${count}`));
  const of = (place: number): number => times[places.indexOf(place)] ?? Number.NaN;
  return [of(0), of(1), of(2)];
}

async function run(bench: Bench): Promise<void> {
  const caller = startAnswerer(bench.native('caller'), String(cpuRoles().caller));
  try {
    const kernel = runningKernel();
    const compiled = { kernel, enabling: enableText(text, kernel) };
    const count: number[] = [];
    const protocol: number[] = [];
    for (let pair = 0; pair < 8 * pairs; pair += 1) {
      // In each order, since the first program may find less in the caches than the last.
      const orders = [
        await sample(caller, compiled, 0),
        await sample(caller, compiled, 1),
        await sample(caller, compiled, 2),
      ];
      count.push(spreadOf(orders.map(([whole, , empty]) => whole - empty)).median);
      protocol.push(spreadOf(orders.map(([whole, without]) => whole - without)).median);
    }
    const peer = { name: '@ = count()', samples: count };
    bench.report(figureOf('the protocol, of @ = count()', 'ns', protocol, peer, { of: 'ratio', atMost: 0.15 }));
  } finally {
    await caller.close();
  }
}

/** Issue 4: <= 15 % of the cost of `@ = count()`. */
export const protocolRow: Row = {
  name: 'protocol',
  title: 'in-probe count, activity and selectors in a firing: with and without, on the same calls',
  run: (bench) => apart(() => run(bench)),
};
