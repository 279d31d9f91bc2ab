/**
 * Tests on the live kernel: `kernelTest` is vitest's `it` where eBPF can be loaded, and otherwise a skipped test whose
 * name says why.
 */

import { it } from 'vitest';
import { bpf, closeDescriptor, createAttributes, errnoText, NativeCallError } from '../src/sys/index.js';

const tryKernel = (): string | undefined => {
  if (process.platform !== 'linux') {
    return 'not Linux';
  }
  try {
    // The smallest map there is: an array of one 4-byte value.
    const map = bpf('BPF_MAP_CREATE', createAttributes(72).u32(0, 2).u32(4, 4).u32(8, 4).u32(12, 1));
    if (map < 0) {
      const privileges = process.getuid?.() === 0 ? 'as root' : 'not root';
      return `bpf(2): ${errnoText(map)}, ${privileges}`;
    }
    closeDescriptor(map);
    return undefined;
  } catch (error) {
    if (error instanceof NativeCallError) {
      return error.message;
    }
    throw error;
  }
};

/** Why tests on the live kernel are skipped here; undefined: they are not. */
export const kernelSkipReason: string | undefined = tryKernel();

/** A test that needs root and eBPF. */
export const kernelTest = (name: string, run: () => void | Promise<void>, timeout?: number): void => {
  if (kernelSkipReason === undefined) {
    it(name, run, timeout);
  } else {
    it.skip(`${name} [skipped: ${kernelSkipReason}]`, run);
  }
};
