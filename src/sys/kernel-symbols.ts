/** The functions of the running kernel by address, from /proc/kallsyms: lines of `address type name [module]`. */

import { readFileSync } from 'node:fs';

/** Names for addresses. */
export interface KernelSymbols {
  /** The function that holds an address, as `name` or `name [module]`; undefined below the first function. */
  nameOf(address: bigint): string | undefined;
}

/** A function's line: its type is t, or w where another definition may replace it; capital where it is global. */
const functionLine = /^([0-9a-f]+) [tTwW] (\S+)(?:\t(\[[^\]\n]+\]))?/;

/**
 * The symbols in the text of /proc/kallsyms. Undefined where it has no function with an address: to whoever may not see
 * them (kernel.kptr_restrict) every address is 0.
 */
export function parseKernelSymbols(text: string): KernelSymbols | undefined {
  const found: { readonly address: bigint; readonly name: string }[] = [];
  for (const line of text.split('\n')) {
    const [, digits = '', name = '', module] = functionLine.exec(line) ?? [];
    if (/[1-9a-f]/.test(digits)) {
      found.push({ address: BigInt(`0x${digits}`), name: module === undefined ? name : `${name} ${module}` });
    }
  }
  if (found.length === 0) return undefined;
  // Stable: of several names of an address the first one is taken below.
  found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const functions = found.filter(({ address }, index) => found[index - 1]?.address !== address);
  return {
    nameOf: (address) => {
      let [low, high] = [0, functions.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((functions[middle]?.address ?? 0n) <= address) low = middle + 1;
        else high = middle;
      }
      return functions[low - 1]?.name;
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
