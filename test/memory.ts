/** Memory as a mapped map shows it, without a kernel. */

import type { MappedMemory } from '../src/sys/index.js';

/** `byteLength` zero bytes. */
export function plainMemory(byteLength: number): MappedMemory {
  const buffer = new ArrayBuffer(byteLength);
  const close = (): void => {};
  return {
    ...{ byteLength, buffer, close, [Symbol.dispose]: close },
    bytes: new Uint8Array(buffer),
    u32: new Uint32Array(buffer, 0, byteLength >> 2),
    i32: new Int32Array(buffer, 0, byteLength >> 2),
    u64: new BigUint64Array(buffer, 0, byteLength >> 3),
    i64: new BigInt64Array(buffer, 0, byteLength >> 3),
    data: new DataView(buffer),
  };
}
