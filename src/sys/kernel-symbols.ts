/** The functions of the running kernel by address, from /proc/kallsyms: lines of `address type name [module]`. */

import { readFileSync } from 'node:fs';

/** A place in a function. */
export interface KernelLocation {
  readonly name: string;
  /** Undefined for what is built into the kernel. */
  readonly module: string | undefined;
  /** Bytes from the function's start. */
  readonly offset: bigint;
}

/** Code of the kernel, from `start` on. */
export interface KernelRange {
  readonly start: bigint;
  /** Bytes. */
  readonly size: number;
}

/** Names for addresses. */
export interface KernelSymbols {
  /** Where an address lies; undefined for one in no function. */
  locate(address: bigint): KernelLocation | undefined;
  /** The function that holds an address, as `name` or `name [module]`; undefined for one in no function. */
  nameOf(address: bigint): string | undefined;
  /** The functions whose names are wanted, each to the start of the next one; those side by side as one range. */
  rangesOf(isWanted: (name: string) => boolean): readonly KernelRange[];
}

/** Labels at the ends of code: nothing behind them is of a function. */
const ends: ReadonlySet<string> = new Set(['_etext', '_einittext']);

/** Bytes that a function is taken to have which no other follows. */
const lastSize = 65_536n;

/** Types of functions: t, or w where another definition may replace it; capital where it is global. */
const functionTypes = 'tTwW';

const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
};

/** The functions of a text, as offsets of their lines and halves of their addresses, in the order of addresses. */
interface Functions {
  readonly lines: Uint32Array;
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
  readonly order: Uint32Array;
}

/** Reads numbers only: a kernel has a hundred thousand functions, of which a few are asked for. */
function readFunctions(text: string): Functions {
  const most = Math.ceil(text.length / 16);
  const lines = new Uint32Array(most);
  const upper = new Uint32Array(most);
  const lower = new Uint32Array(most);
  let count = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    let [high, low] = [0, 0];
    for (; at < text.length; at += 1) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | digit) >>> 0;
    }
    const isFunction = text[at] === ' ' && functionTypes.includes(text[at + 1] ?? '-') && text[at + 2] === ' ';
    if (isFunction && (high !== 0 || low !== 0)) {
      lines[count] = start;
      upper[count] = high;
      lower[count] = low;
      count += 1;
    }
    const end = text.indexOf('\n', at);
    at = end < 0 ? text.length : end + 1;
  }
  const compare = (a: number, b: number): number =>
    (upper[a] ?? 0) - (upper[b] ?? 0) || (lower[a] ?? 0) - (lower[b] ?? 0) || a - b;
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  // Modules and programs come behind the kernel, in whatever order.
  if (order.some((each, index) => index > 0 && compare(index - 1, each) > 0)) order.sort(compare);
  // Of several names of an address the first one counts.
  const same = (a: number, b: number): boolean => upper[a] === upper[b] && lower[a] === lower[b];
  return { lines, upper, lower, order: order.filter((each, i) => i === 0 || !same(each, order[i - 1] ?? each)) };
}

/**
 * The symbols in the text of /proc/kallsyms. Undefined where it has no function with an address: to whoever may not see
 * them (kernel.kptr_restrict) every address is 0.
 */
export function parseKernelSymbols(text: string): KernelSymbols | undefined {
  const { lines, upper, lower, order } = readFunctions(text);
  if (order.length === 0) return undefined;
  const addressAt = (index: number): bigint => {
    const line = order[index] ?? 0;
    return (BigInt(upper[line] ?? 0) << 32n) | BigInt(lower[line] ?? 0);
  };
  /** The name of a function, by its place in the order; cheap, since every name may be looked at. */
  const nameAt = (index: number): string => {
    const start = text.indexOf(' ', lines[order[index] ?? 0] ?? 0) + ' t '.length;
    let end = start;
    while (text.charCodeAt(end) > 0x20) end += 1;
    return text.slice(start, end);
  };
  const moduleAt = (index: number): string | undefined => {
    const start = lines[order[index] ?? 0] ?? 0;
    const end = text.indexOf('\n', start);
    return /\t\[([^\]]+)\]$/.exec(text.slice(start, end < 0 ? text.length : end))?.[1];
  };
  const endOf = (index: number): bigint =>
    index + 1 < order.length ? addressAt(index + 1) : addressAt(index) + lastSize;
  const locate = (address: bigint): KernelLocation | undefined => {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (addressAt(middle) <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || address >= endOf(low - 1)) return undefined;
    const name = nameAt(low - 1);
    return ends.has(name) ? undefined : { name, module: moduleAt(low - 1), offset: address - addressAt(low - 1) };
  };
  return {
    locate,
    nameOf: (address) => {
      const place = locate(address);
      return place?.module === undefined ? place?.name : `${place.name} [${place.module}]`;
    },
    rangesOf: (isWanted) => {
      const ranges: { start: bigint; size: number }[] = [];
      for (let index = 0; index < order.length; index += 1) {
        if (!isWanted(nameAt(index))) continue;
        const start = addressAt(index);
        const size = Number(endOf(index) - start);
        const last = ranges.at(-1);
        if (last !== undefined && last.start + BigInt(last.size) === start) last.size += size;
        else ranges.push({ start, size });
      }
      return ranges;
    },
  };
}

/** The symbols of the running kernel as it shows them now; undefined where it shows no addresses, or has no such file. */
export function readKernelSymbols(): KernelSymbols | undefined {
  try {
    return parseKernelSymbols(readFileSync('/proc/kallsyms', 'latin1'));
  } catch {
    return undefined;
  }
}
