/** Hands BTF to the kernel. */

import { bpf, createAttributes, errno, errnoName, limitHint, SystemCallError } from '../../sys/index.js';
import { succeeded } from './errors.js';

/** The log level that tells what is wrong and on which path. */
export const logPaths = 1;

/** What the kernel wrote into a log buffer. */
export const logText = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

const logSize = 64 * 1024;

/**
 * BPF_BTF_LOAD; returns a descriptor. Throws PrivilegeError, LimitError, or SystemCallError with the last line of what the kernel
 * says about it.
 */
export const loadBtf = (btf: Uint8Array): number => {
  const attributes = createAttributes(32).pointer(0, btf).u32(16, btf.length);
  const result = bpf('BPF_BTF_LOAD', attributes);
  // What reached a limit was in order: its log would say nothing of that.
  if (result >= 0 || result === -errno.EPERM || limitHint(errnoName(result)) !== undefined) {
    return succeeded('bpf(BPF_BTF_LOAD)', result);
  }
  const log = new Uint8Array(new ArrayBuffer(logSize));
  bpf('BPF_BTF_LOAD', attributes.pointer(8, log).u32(20, logSize).u32(24, logPaths));
  const said = logText(log).trim().split('\n').at(-1) ?? '';
  throw new SystemCallError(`bpf(BPF_BTF_LOAD)${said === '' ? '' : ` (${said})`}`, result);
};
