/**
 * The syscall provider: every system call, entry and return.
 *
 * Two programs serve all of them, on the BTF-typed raw tracepoints sys_enter and sys_exit: each finds the row of the
 * probe by the number of the call in a table of its own. 32-bit calls (TS_COMPAT) have numbers of their own, which lie
 * behind the 64-bit ones in that table, and arguments in the registers of that ABI.
 */

import { helperNumber } from '../bpf/helper.js';
import { alu, alu32, callHelper, jump, jumpIf, load, loadMapValue, move, negate, store } from '../bpf/instruction.js';
import type { MapSpec } from '../bpf/spec.js';
import type { SiteCode } from '../d/codegen/site.js';
import type { EnabledProbe, Provider, SitePlan } from './provider.js';
import { syscallNames32, syscallNames64 } from './syscall-table.generated.js';

/** Numbers in the table for each of the two ABIs. */
const numbers = 512;

/** The module that DTrace shows for system calls. */
const syscallModule = 'vmlinux';

/** TS_COMPAT in thread_info.status (arch/x86/include/asm/thread_info.h): the task is in a 32-bit system call. */
const compatFlag = 2;

/** The registers that carry the arguments, in struct pt_regs. */
const argumentRegisters = {
  native: ['di', 'si', 'dx', 'r10', 'r8', 'r9'],
  compat: ['bx', 'cx', 'dx', 'si', 'di', 'bp'],
} as const;

/** Where the site keeps 0 or `numbers`, according to the ABI of the call. */
const abiOffset = -16;

/** MAX_ERRNO (linux/err.h): results from -4095 to -1 are errors. */
const maximumErrno = 4095;

/** Probes `syscall:vmlinux:NAME:entry` and `:return`. */
export const syscallProvider: Provider = {
  name: 'syscall',
  probes: () =>
    syscallNames64.flatMap((call) =>
      call === undefined
        ? []
        : ['entry', 'return'].map((name) => ({
            provider: 'syscall',
            module: syscallModule,
            function: call,
            name,
          })),
    ),
  // Types are only in the metadata of system calls, in tracefs, which not every kernel has and not everybody may read.
  instead: ({ name }) =>
    `use ${name === 'entry' ? 'arg0 to arg5' : 'arg0 and errno'}: the types of system calls are not known here`,
  plan: (enabled) =>
    (['entry', 'return'] as const).flatMap((name) => {
      const probes = enabled.filter((each) => each.probe.name === name);
      return probes.length === 0 ? [] : [planSite(name, probes)];
    }),
};

function planSite(name: 'entry' | 'return', probes: readonly EnabledProbe[]): SitePlan {
  const tracepoint = name === 'entry' ? 'sys_enter' : 'sys_exit';
  return {
    name: `syscall_${name}`,
    kind: { type: 'typed-raw-tracepoint', tracepoint },
    activity: 'active',
    interrupts: ['task'],
    attachment: { kind: 'typed-raw-tracepoint', tracepoint },
    probes,
    maps: () => [rowTable(name, probes)],
    emitArguments: (code) => {
      emitFindRow(code, name);
      if (name === 'entry') emitEntryArguments(code);
      else emitReturnArguments(code);
      code.emitter.emit(load(8, 'r0', 'r10', rowSpill));
    },
  };
}

const tableName = (name: 'entry' | 'return'): string => `${name}_rows`;

/** Where the row waits while the arguments are read. */
const rowSpill = -24;

/** u16 each: the row of the probe and 1, or 0 where none is enabled. */
function rowTable(name: 'entry' | 'return', probes: readonly EnabledProbe[]): MapSpec {
  const rows = new Uint16Array(2 * numbers);
  const byCall = new Map(probes.map(({ probe, row }) => [probe.function, row + 1]));
  for (const [base, calls] of [
    [0, syscallNames64],
    [numbers, syscallNames32],
  ] as const) {
    calls.forEach((call, number) => {
      if (call !== undefined && number < numbers) rows[base + number] = byCall.get(call) ?? 0;
    });
  }
  const contents = new Uint8Array(rows.buffer);
  return {
    name: tableName(name),
    type: 'array',
    keySize: 4,
    valueSize: contents.length,
    maxEntries: 1,
    contents,
    frozen: true,
  };
}

/** __USER_CS: the code segment of 64-bit processes (arch/x86/include/asm/segment.h). */
const userCodeSegment = 0x33;

/**
 * Leaves 0 or `numbers` in the frame, according to the ABI of the call. The instruction `syscall` of 64-bit code leaves
 * the return address in rcx and the flags in r11: where they agree with the saved ones, no other entry was taken, and the
 * task need not be asked, which costs a call of a helper.
 */
function emitAbi(code: SiteCode): void {
  const { emitter, kernel } = code;
  const ask = emitter.fresh('abi');
  const known = emitter.fresh('abi');
  const register = (name: string): number => kernel.fieldOffset('pt_regs', name);
  emitter.emit(
    store(8, 'r10', abiOffset, 0),
    load(8, 'r3', code.kernelContext, 0),
    load(8, 'r1', 'r3', register('ip')),
    load(8, 'r2', 'r3', register('cx')),
    jumpIf('ne', 'r1', 'r2', ask),
    load(8, 'r1', 'r3', register('flags')),
    load(8, 'r2', 'r3', register('r11')),
    jumpIf('ne', 'r1', 'r2', ask),
    load(2, 'r1', 'r3', register('cs')),
    jumpIf('eq', 'r1', userCodeSegment, known),
  );
  emitter.place(ask);
  emitter.emit(
    callHelper(helperNumber.getCurrentTaskBtf),
    load(4, 'r1', 'r0', kernel.fieldOffset('task_struct', 'thread_info.status')),
    alu('and', 'r1', compatFlag),
    // 2 becomes 512: the flag selects the half of the table.
    alu('lsh', 'r1', 8),
    store(8, 'r10', abiOffset, 'r1'),
  );
  emitter.place(known);
}

/** Leaves the row in the frame, or the site where the call has no enabled probe. */
function emitFindRow(code: SiteCode, name: 'entry' | 'return'): void {
  const { emitter, kernel } = code;
  emitAbi(code);
  if (name === 'entry') {
    emitter.emit(load(8, 'r2', code.kernelContext, 8));
  } else {
    emitter.emit(load(8, 'r2', code.kernelContext, 0), load(8, 'r2', 'r2', kernel.fieldOffset('pt_regs', 'orig_ax')));
  }
  emitter.emit(load(8, 'r1', 'r10', abiOffset));
  emitter.emit(
    jumpIf('ge', 'r2', numbers, code.leave),
    alu('add', 'r2', 'r1'),
    jumpIf('ge', 'r2', 2 * numbers, code.leave),
    alu('lsh', 'r2', 1),
    loadMapValue('r1', tableName(name)),
    alu('add', 'r1', 'r2'),
    load(2, 'r0', 'r1', 0),
    jumpIf('eq', 'r0', 0, code.leave),
    alu('sub', 'r0', 1),
    store(8, 'r10', rowSpill, 'r0'),
  );
}

function emitEntryArguments(code: SiteCode): void {
  const { emitter, kernel } = code;
  const read = [0, 1, 2, 3, 4, 5].filter((index) => code.readsArgument(index));
  if (read.length === 0) return;
  const compat = emitter.fresh('compat');
  const done = emitter.fresh('arguments');
  emitter.emit(load(8, 'r2', code.kernelContext, 0), load(8, 'r1', 'r10', abiOffset), jumpIf('ne', 'r1', 0, compat));
  const copy = (registers: readonly string[], narrow: boolean): void => {
    for (const index of read) {
      emitter.emit(load(8, 'r1', 'r2', kernel.fieldOffset('pt_regs', registers[index] ?? '')));
      if (narrow) emitter.emit(alu32('mov', 'r1', 'r1'));
      code.setArgument(index, 'r1');
    }
  };
  copy(argumentRegisters.native, false);
  emitter.emit(jump(done));
  emitter.place(compat);
  copy(argumentRegisters.compat, true);
  emitter.place(done);
}

/** arg0 and arg1 are the result, errno the error that it stands for. */
function emitReturnArguments(code: SiteCode): void {
  const { emitter } = code;
  emitter.emit(load(8, 'r1', code.kernelContext, 8));
  for (const index of [0, 1]) if (code.readsArgument(index)) code.setArgument(index, 'r1');
  if (!code.readsErrno) return;
  const success = emitter.fresh('success');
  emitter.emit(move('r2', -maximumErrno), jumpIf('lt', 'r1', 'r2', success), negate('r1'));
  code.setErrno('r1');
  emitter.place(success);
}
