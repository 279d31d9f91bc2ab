/** xcall() to another CPU, against the bare BPF_PROG_RUN of an equal handler made from C, from and to the same CPUs. */

import { helperNumber } from '../../src/bpf/helper.js';
import { type AssemblyItem, alu, callHelper, exit, load, loadMapValue } from '../../src/bpf/instruction.js';
import { createMap } from '../../src/bpf/map.js';
import { occupy } from '../../src/cli/xcall/bench/neighbour.js';
import { onlineCpus, setAffinity } from '../../src/sys/index.js';
import { loadHandler, xcall } from '../../src/xcall/index.js';
import type { Bench, Row } from '../bench.js';
import { startAnswerer } from '../child.js';
import { type Condition, compareRounds } from '../rounds.js';

/** As in bench/native/sync.c. */
const cpus = 1024;
const stride = 128;

/** Returns the first word of its CPU. */
const reading: readonly AssemblyItem[] = [
  callHelper(helperNumber.getSmpProcessorId),
  alu('and', 'r0', cpus - 1),
  alu('mul', 'r0', stride),
  loadMapValue('r1', 'words'),
  alu('add', 'r1', 'r0'),
  load(8, 'r0', 'r1', 0),
  exit(),
];

const target = { of: 'ratio', atMost: 1.5 } as const;

/** While a thread keeps the other CPU busy. */
const busy: readonly Condition[] = [{ name: 'CPU busy, back to back', rounds: 5000, pause: 0, target }];

/**
 * While nothing of ours runs there. Back to back, the faster caller may find the CPU on its way to sleep, which spares
 * the interrupt; after 50 us it sleeps for either.
 */
const idle: readonly Condition[] = [
  { name: 'CPU idle, each 50 us', rounds: 2000, pause: 0.05, spin: true, target },
  { name: 'CPU idle, back to back', rounds: 5000, pause: 0 },
  { name: 'cold: both asleep for 5 ms', rounds: 100, pause: 5 },
];

async function run(bench: Bench): Promise<void> {
  const [from = 0, to = from] = onlineCpus();
  const map = { name: 'words', type: 'array', keySize: 4, valueSize: cpus * stride, maxEntries: 1 } as const;
  using words = createMap(map);
  using handler = loadHandler(reading, { name: 'bench_read', maps: new Map([[map.name, words]]) });
  // The C program inherits where it may run.
  setAffinity([from]);
  const bare = startAnswerer(bench.native('sync'));
  try {
    const compare = (conditions: readonly Condition[]) =>
      compareRounds(
        bench,
        () => xcall(to, handler),
        bare,
        ({ spin }) => `${spin ? 'spin' : 'call'} ${to}`,
        conditions,
      );
    if (to !== from) {
      using _neighbour = occupy(to);
      await compare(busy);
    }
    await compare(idle);
    bench.note(from === to ? 'there is one CPU only: the call is inline' : `from CPU ${from} to CPU ${to}`);
  } finally {
    setAffinity(onlineCpus());
    await bare.close();
  }
}

/** Issue 4: <= 1.5 x a bare BPF_PROG_RUN made in C. */
export const xcallRow: Row = { name: 'xcall', title: 'xcall() to another CPU, with an argument', run };
