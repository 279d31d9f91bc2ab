/** What trace() prints, the line that starts a record and the header before the first. Results are byte strings. */

import type { DifType } from '../../d/dif.js';
import { type FormatValue, framesOf } from './value.js';

/** How records look. */
export interface RecordStyle {
  /** `-q`: only what the program prints: no header, no row prefix, no columns. */
  readonly quiet: boolean;
  /** `_DTRACE_TESTING`: no CPU and ID columns, since they differ between runs. */
  readonly testing: boolean;
  /** `-F`: flow indentation. */
  readonly flow: boolean;
}

/** The header before the first record with its newline; nothing when quiet. */
export function formatHeader({ quiet, testing, flow }: RecordStyle): string {
  if (quiet) return '';
  if (flow) return `${'CPU'.padStart(3)} ${'FUNCTION'.padEnd(41)}\n`;
  if (testing) return `${'FUNCTION:NAME'.padStart(32)}\n`;
  return `${'CPU'.padStart(3)} ${'ID'.padStart(6)} ${'FUNCTION:NAME'.padStart(32)}\n`;
}

/**
 * A function that gives the start of a record of one probe for a CPU. Rows of a probe differ in the CPU only, so they
 * are made once.
 */
export function compileRowPrefix(
  probe: { readonly id: number; readonly function: string; readonly name: string },
  style: RecordStyle,
): (cpu: number) => string {
  if (style.quiet) return () => '';
  const name = `${probe.function}:${probe.name}`.padStart(32);
  if (style.testing) return () => `${name} `;
  const rest = ` ${String(probe.id).padStart(6)} ${name} `;
  const rows: string[] = [];
  return (cpu) => {
    let row = rows[cpu];
    if (row === undefined) {
      row = `${String(cpu).padStart(3)}${rest}`;
      rows[cpu] = row;
    }
    return row;
  };
}

/** What a probe does to the flow of `-F`. */
export type Flow = 'entry' | 'return' | 'none';

/** `entry` and `…-entry` go in, `return` and `…-return` come out; `carpentry` does neither. */
export function flowOf(probeName: string): Flow {
  const last = probeName.slice(probeName.lastIndexOf('-') + 1);
  return last === 'entry' || last === 'return' ? last : 'none';
}

/**
 * The start of a record with `-F`. `depth` is how many calls are open around it, two blanks each; `flow` may be `none`
 * for an entry or return too, when it is another clause of the same probe.
 */
export function formatFlowRow(
  cpu: number,
  probe: { readonly provider: string; readonly function: string; readonly name: string },
  flow: Flow,
  depth: number,
): string {
  const syscall = probe.provider === 'syscall';
  const indent = '  '.repeat(depth);
  const name =
    flow === 'none'
      ? `${indent} | ${probe.function}:${probe.name}`
      : `${indent}${flow === 'entry' ? (syscall ? ' => ' : ' -> ') : syscall ? ' <= ' : ' <- '}${probe.function}`;
  return `${String(cpu).padStart(3)} ${name.padEnd(41)} `;
}

const signedColumns = { 1: 3, 2: 5, 4: 10, 8: 19 } as const;
const unsignedColumns = { 1: 3, 2: 5, 4: 10, 8: 20 } as const;

/** A function that formats what trace() or stack() recorded; `stackIndent` is the option. */
export function compileTrace(type: DifType, quiet: boolean, stackIndent?: number): (value: FormatValue) => string {
  if (type.kind === 'stack') return (value) => formatStack(framesOf(value), stackIndent);
  if (quiet) return (value) => `${value}`;
  if (type.kind === 'string') return (value) => `  ${`${value}`.padEnd(33)}`;
  const columns = (type.signed ? signedColumns : unsignedColumns)[type.size];
  return (value) => ` ${`${value}`.padStart(columns)}`;
}

const hexRuler = `\n${' '.repeat(11)}${[...'0123456789abcdef'].map((digit) => `  ${digit}`).join('')}  0123456789abcdef\n`;

/** A hex dump, as tracemem() and trace() of arrays and structures print it: a ruler and rows of sixteen bytes. */
export function formatBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  let out = hexRuler;
  for (let at = 0; at < bytes.length; at += 16) {
    let hex = '';
    let text = '';
    for (const byte of bytes.subarray(at, at + 16)) {
      hex += ` ${byte.toString(16).padStart(2, '0')}`;
      text += byte < 0x20 || byte > 0x7e ? '.' : String.fromCharCode(byte);
    }
    out += `     ${at.toString(16).padStart(5)}:${hex.padEnd(48)}  ${text}\n`;
  }
  return out;
}

/**
 * A stack as trace-like actions print it: a newline, then one frame a line. A frame is a byte string such as
 * ``vmlinux`do_sys_open+0x12``.
 */
export function formatStack(frames: readonly string[], indent = 14, columns = 0, left = false): string {
  let out = '\n';
  for (const frame of frames) {
    out += `${' '.repeat(indent)}${left ? frame.padEnd(columns) : frame.padStart(columns)}\n`;
  }
  return out;
}
