/**
 * A cross-call: a function of a few instructions runs on every CPU, and each CPU's answer comes back.
 *
 *     sudo node examples/xcall.js
 *
 * What it shows: the answer can only come from the CPU itself. Each adds the argument to a counter that is its own, and
 * returns its number; the counters are read from memory that the handler and this process share.
 *
 * On other CPUs the handler runs inside an inter-processor interrupt; on the caller's own it is a plain call.
 */

import { alu, callHelper, createMap, exit, helperNumber, load, loadMapValue, move, store } from 'dtrace-linux/bpf';
import { loadHandler, xcall } from 'dtrace-linux/xcall';

const most = 1024;
const spec = { name: 'counters', type: 'array', keySize: 4, valueSize: most * 8, maxEntries: 1, mapped: true };
const counters = createMap(spec);

const handler = loadHandler(
  [
    load(8, 'r6', 'r1', 0), // the argument
    callHelper(helperNumber.getSmpProcessorId),
    alu('and', 'r0', most - 1), // the verifier wants to see that it is in bounds
    move('r1', 'r0'),
    alu('lsh', 'r1', 3),
    loadMapValue('r2', 'counters'),
    alu('add', 'r2', 'r1'),
    load(8, 'r1', 'r2', 0),
    alu('add', 'r1', 'r6'),
    store(8, 'r2', 0, 'r1'),
    exit(), // the result is r0, the number of the CPU
  ],
  { name: 'count', maps: new Map([['counters', counters]]) },
);

try {
  for (const argument of [40n, 2n]) {
    for (const answer of xcall('all', handler, argument)) {
      const { cpu, kind } = answer;
      const says = kind === 'offline' ? 'it is offline' : `I am CPU ${answer.value}`;
      console.log(`CPU ${cpu}: ${says}; its counter is ${counters.memory.u64[cpu]}`);
    }
  }
} finally {
  handler.close();
  counters.close();
}
