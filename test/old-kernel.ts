/**
 * A kernel before 5.10, for tests: `node --import tsx test/old-kernel.ts COMMAND…` runs a command to which BPF_PROG_RUN of
 * a raw tracepoint program answers as it did there, ENOTSUPP. A filter of seccomp(2) does that; it holds for the command
 * and all that it starts, and ends with them.
 */

import { spawnSync } from 'node:child_process';
import { addressOf, systemCall6 } from '../src/sys/ffi.js';
import { errno } from '../src/sys/index.js';

const prctl = { number: 157, setNoNewPrivileges: 38, setSeccomp: 22, filterMode: 2 } as const;
const bpf = { number: 321, progRun: 10 } as const;

/** Instructions of classic BPF: code, where to jump, operand. The number of the call lies at 0, its first argument at 16. */
const load = (at: number) => [0x20, 0, 0, at] as const;
const skipUnless = (value: number, count: number) => [0x15, 0, count, value] as const;
const answer = (what: number) => [0x06, 0, 0, what] as const;
const filter = [
  load(0),
  skipUnless(bpf.number, 3),
  load(16),
  skipUnless(bpf.progRun, 1),
  answer(0x0005_0000 | errno.ENOTSUPP),
  answer(0x7fff_0000),
];

const code = new DataView(new ArrayBuffer(8 * filter.length));
for (const [index, [operation, whenTrue, whenFalse, operand]] of filter.entries()) {
  code.setUint16(8 * index, operation, true);
  code.setUint8(8 * index + 2, whenTrue);
  code.setUint8(8 * index + 3, whenFalse);
  code.setUint32(8 * index + 4, operand, true);
}
const program = new DataView(new ArrayBuffer(16));
program.setUint16(0, filter.length, true);
program.setBigUint64(8, BigInt(addressOf(new Uint8Array(code.buffer))), true);

const control = (what: number, a: number, b: number): void => {
  const result = systemCall6(prctl.number, what, a, b, 0, 0, 0);
  if (result !== 0) throw new Error(`prctl(${what}): ${result}`);
};
control(prctl.setNoNewPrivileges, 1, 0);
control(prctl.setSeccomp, prctl.filterMode, addressOf(new Uint8Array(program.buffer)));
// Read after the calls, so that the collector finds the bytes in use.
if (code.byteLength + program.byteLength === 0) throw new Error('there is no filter');

const [command = '', ...words] = process.argv.slice(2);
process.exitCode = spawnSync(command, words, { stdio: 'inherit' }).status ?? 128;
