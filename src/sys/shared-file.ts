/** Memory that processes share: a file without a name, memfd_create(2), which goes with the last descriptor and mapping. */

import { callNumber } from './calls/system-calls.js';
import { type OwnedDescriptor, ownDescriptor } from './descriptor.js';
import { checked } from './errno/errno.js';
import { systemCall, withAddress } from './ffi.js';

const closeOnExec = 1;

/**
 * Makes such a file of that many zero bytes; `mapShared` maps it. A child process gets it where it is named among its
 * `stdio`. Throws SystemCallError.
 */
export const createSharedFile = (name: string, byteLength: number): OwnedDescriptor => {
  const text = new TextEncoder().encode(`${name}\0`);
  const create = (address: number) => systemCall(callNumber.memfdCreate, address, closeOnExec);
  const file = ownDescriptor(checked('memfd_create', withAddress(text, create)), name);
  checked('ftruncate', systemCall(callNumber.ftruncate, file.fd, byteLength));
  return file;
};
