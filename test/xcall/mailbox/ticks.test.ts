/** Programs of one's own in the timer ticks of every CPU: they post syncs and calls of named handlers, and ask about them. */

import { describe, expect } from 'vitest';
import {
  type AssemblyItem,
  alu,
  atomic,
  callHelper,
  exit,
  functionStart,
  jumpIf,
  label,
  load,
  loadMapValue,
  move,
  store,
} from '../../../src/bpf/instruction.js';
import { attachPerfEvent, openTimer } from '../../../src/bpf/link.js';
import { loadProgram } from '../../../src/bpf/loader.js';
import { type BpfMap, createMap } from '../../../src/bpf/map.js';
import { onlineCpus, possibleCpus } from '../../../src/sys/index.js';
import { createMailbox, type Mailbox } from '../../../src/xcall/index.js';
import { kernelTest } from '../../kernel-test.js';

const getSmpProcessorId = 8;
const cpuMask = 2 ** Math.ceil(Math.log2(Math.max(...possibleCpus()) + 1)) - 1;

/** Words of a CPU in the map of a test. */
const word = { posts: 0, refused: 8, last: 16, complete: 24, handled: 32, size: 64 } as const;

const openWords = (): BpfMap =>
  createMap({
    ...{ name: 'words', type: 'array', keySize: 4, maxEntries: 1, mapped: true },
    valueSize: (cpuMask + 1) * word.size,
  });

const read = (map: BpfMap, cpu: number, offset: number): number =>
  Number(Atomics.load(map.memory?.u64 ?? new BigUint64Array(0), (cpu * word.size + offset) / 8));

/** Sets r7 to the words of the CPU. */
const ownWords: readonly AssemblyItem[] = [
  callHelper(getSmpProcessorId),
  alu('and', 'r0', cpuMask),
  alu('mul', 'r0', word.size),
  loadMapValue('r7', 'words'),
  alu('add', 'r7', 'r0'),
];

const count = (offset: number): readonly AssemblyItem[] => [move('r1', 1), atomic('add', 8, 'r7', offset, 'r1')];

/** Counts, on its CPU, that it ran. */
const handler: readonly AssemblyItem[] = [...ownWords, ...count(word.handled), move('r0', 7), exit()];

/** In each tick of a CPU: asks about the request of the tick before, then posts `request`. */
function ticker({ code }: Mailbox, request: string): readonly AssemblyItem[] {
  return code.link([
    functionStart('ticker', 1, 'global'),
    ...code.enter,
    ...ownWords,
    load(8, 'r1', 'r7', word.last),
    ...code.synced,
    jumpIf('eq', 'r0', 0, 'pending'),
    ...count(word.complete),
    label('pending'),
    ...code.post(request, { spontaneous: true }),
    ...count(word.posts),
    jumpIf('ne', 'r0', 0, 'numbered'),
    ...count(word.refused),
    label('numbered'),
    store(8, 'r7', word.last, 'r0'),
    ...code.leave,
    move('r0', 0),
    exit(),
  ]);
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lets each of these CPUs tick a thousand times a second until `done`, twenty seconds at most. */
async function tick(mailbox: Mailbox, map: BpfMap, request: string, cpus: readonly number[], done: () => boolean) {
  const maps = new Map([...mailbox.maps, ['words', map] as const]);
  using program = loadProgram({ name: 'ticker', kind: { type: 'perf-event' }, items: ticker(mailbox, request) }, maps);
  const opened: { close(): void }[] = [];
  try {
    for (const cpu of cpus) {
      const timer = openTimer({ counter: 'cpu-clock', period: 1_000_000n, cpu, disabled: false });
      opened.push(timer, attachPerfEvent(program, timer.fd));
    }
    for (let tries = 0; tries < 1_000 && !done(); tries += 1) await sleep(20);
  } finally {
    for (const each of opened.reverse()) each.close();
  }
  expect(done()).toBe(true);
  mailbox.drain();
}

describe('ticks of every CPU', () => {
  const cpus = onlineCpus();
  const [first = 0] = cpus;

  for (const [request, where] of [
    ['everywhere', cpus],
    ['once', [first]],
  ] as const) {
    kernelTest(
      `that post the handler \`${request}\` have it run on ${request === 'once' ? 'its CPU' : 'all'}`,
      async () => {
        using map = openWords();
        const maps = new Map([['words', map]]);
        using mailbox = createMailbox({
          maps,
          handlers: { everywhere: { handler, cpu: 'all' }, once: { handler, cpu: first } },
        });
        const done = (): boolean => cpus.every((cpu) => read(map, cpu, word.complete) >= 20);
        await tick(mailbox, map, request, cpus, done);
        const { posted, coalesced, completed, drops, rounds } = mailbox.statistics;
        const posts = cpus.reduce((sum, cpu) => sum + read(map, cpu, word.posts), 0);
        const refused = cpus.reduce((sum, cpu) => sum + read(map, cpu, word.refused), 0);
        // Each post has a number of its own or one that it shares; none is lost, and none is counted twice.
        expect([posted + coalesced, completed, drops, refused]).toEqual([posts, posted, 0, 0]);
        expect(mailbox.answers(request)).toEqual(where.map((cpu) => ({ cpu, value: 7 })));
        expect(mailbox.answers(request === 'once' ? 'everywhere' : 'once')).toEqual([]);
        for (const cpu of cpus) {
          const handled = read(map, cpu, word.handled);
          expect(handled === rounds, `${handled} of ${rounds} on CPU ${cpu}`).toBe(where.includes(cpu));
          expect(mailbox.synced(BigInt(read(map, cpu, word.last)))).toBe(true);
          expect(read(map, cpu, word.last) % 65_536).toBe(cpu);
        }
        expect(mailbox.failure).toBeUndefined();
      },
    );
  }

  kernelTest('that post syncs share the requests that are not begun', async () => {
    using map = openWords();
    using mailbox = createMailbox();
    await tick(mailbox, map, 'sync', cpus, () => cpus.every((cpu) => read(map, cpu, word.posts) >= 200));
    const { posted, coalesced, completed, drops, latency } = mailbox.statistics;
    const posts = cpus.reduce((sum, cpu) => sum + read(map, cpu, word.posts), 0);
    expect([posted + coalesced, completed, latency.count, drops]).toEqual([posts, posted, posted, 0]);
  });
});
