/** How long it takes to start, and how much memory at the peak: `BEGIN { exit(0); }`. */

import { type Bench, pairs, type Row } from '../bench.js';
import { figureOf } from '../figure.js';
import { type Cost, measure } from '../measure.js';
import { bpftraceCommand, dtraceCommand } from '../tracers.js';

/** Issue 2: start <= 0.7 x, memory <= 0.9 x bpftrace 0.17. */
export const startRow: Row = {
  name: 'start',
  title: 'start and end: BEGIN { exit(0); }',
  run: async (bench: Bench) => {
    const program = bench.native('measure');
    const commands = {
      ours: dtraceCommand('BEGIN { exit(0); }'),
      node: [process.execPath, '-e', '0'],
      peer: bpftraceCommand('BEGIN { exit(); }'),
    };
    for (const command of Object.values(commands)) measure(program, command);
    const ours: Cost[] = [];
    const node: Cost[] = [];
    const peer: Cost[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      ours.push(measure(program, commands.ours));
      if (bench.bpftrace !== undefined) peer.push(measure(program, commands.peer));
      node.push(measure(program, commands.node));
    }
    const wall = (samples: readonly Cost[]) => samples.map(({ wall }) => wall);
    const memory = (samples: readonly Cost[]) => samples.map(({ memory }) => memory);
    const cpu = (samples: readonly Cost[]) => samples.map(({ cpu }) => cpu);
    const bpftrace = 'bpftrace';
    bench.report(
      figureOf('wall', 'ms', wall(ours), { name: bpftrace, samples: wall(peer) }, { of: 'ratio', atMost: 0.7 }),
    );
    bench.report(
      figureOf(
        'peak memory',
        'MiB',
        memory(ours),
        { name: bpftrace, samples: memory(peer) },
        { of: 'ratio', atMost: 0.9 },
      ),
    );
    bench.report(figureOf('CPU time', 'ms', cpu(ours), { name: bpftrace, samples: cpu(peer) }));
    bench.report(figureOf('wall, against node -e 0', 'ms', wall(ours), { name: 'node', samples: wall(node) }));
    bench.report(figureOf('peak memory, against node', 'MiB', memory(ours), { name: 'node', samples: memory(node) }));
  },
};
