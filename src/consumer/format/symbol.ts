/** Addresses of the kernel as text, in the form of dtrace(1). */

import type { KernelSymbols } from '../../sys/index.js';
import { toByteString } from './bytes.js';

/** How `%a` and stacks print an address of which nothing is known. */
export const hexAddress = (address: bigint): string => `0x${BigInt.asUintN(64, address).toString(16)}`;

/** The module of what is built into the kernel. */
const kernelModule = 'vmlinux';

/**
 * Names for addresses, byte strings: ``module`function+0xoffset``, without the offset at a function's start, in hex where
 * no function is known. `read` gives the symbols, and is called with the first address.
 */
export function createSymbolizer(read: () => KernelSymbols | undefined): (address: bigint) => string {
  const names = new Map<bigint, string>();
  let symbols: KernelSymbols | undefined;
  let known = false;
  return (address) => {
    const found = names.get(address);
    if (found !== undefined) return found;
    if (!known) symbols = read();
    known = true;
    const place = symbols?.locate(address);
    let text = hexAddress(address);
    if (place !== undefined) {
      const offset = place.offset === 0n ? '' : `+0x${place.offset.toString(16)}`;
      text = toByteString(`${place.module ?? kernelModule}\`${place.name}${offset}`);
    }
    names.set(address, text);
    return text;
  };
}
