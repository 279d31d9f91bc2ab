/** All system calls on, the first one counted, all off again: the whole command, which is what a user waits for. */

import type { Bench, Row } from '../bench.js';
import { figureOf } from '../figure.js';
import { measure } from '../measure.js';
import { bpftraceCommand, dtraceCommand } from '../tracers.js';

/** bpftrace needs half a minute. */
const slowPairs = 1;

/** Issue 2: <= 0.02 x bpftrace. */
export const enableAllRow: Row = {
  name: 'enable-all',
  title: 'every system call on, the first one counted, off: syscall:::entry { @ = count(); exit(0); }',
  run: async (bench: Bench) => {
    const program = bench.native('measure');
    const ours = [];
    const peer = [];
    for (let pair = 0; pair < slowPairs; pair += 1) {
      ours.push(measure(program, dtraceCommand('syscall:::entry { @ = count(); exit(0); }')).wall);
      if (bench.bpftrace === undefined) continue;
      const text = 'tracepoint:syscalls:sys_enter_* { @ = count(); exit(); }';
      peer.push(measure(program, bpftraceCommand(text)).wall);
    }
    bench.report(figureOf('wall', 'ms', ours, { name: 'bpftrace', samples: peer }, { of: 'ratio', atMost: 0.02 }));
  },
};
