/** The helpers, by number: what they do to memory and what they return. Arguments come checked from `arguments.ts`. */

import { helperNumber, storageCreate } from '../helper.js';
import type { CheckedCall } from './arguments.js';
import { errno } from './errno.js';
import { FaultSignal } from './fault.js';
import { ownPlace, regionAt } from './memory/access.js';
import { lookup, type MapStorage, output, remove, storage, update } from './memory/maps.js';

/** Performs a call and returns r0; negative numbers are errors. */
type Helper = (call: CheckedCall) => bigint | number;

type Storage<K extends MapStorage['kind']> = Extract<MapStorage, { kind: K }>;

const elementMap = ({ map }: CheckedCall): Storage<'array' | 'hash'> => {
  if (map === undefined || map.type === 'task-storage' || map.kind === 'ring') {
    const what = map?.kind === 'ring' ? 'a ring buffer' : 'task storage';
    throw new FaultSignal('bad-argument', `the map '${map?.name ?? ''}' is ${what}, which has helpers of its own`);
  }
  return map;
};

const ringMap = ({ map }: CheckedCall): Storage<'ring'> => {
  if (map?.kind !== 'ring') {
    throw new FaultSignal('bad-argument', `the map '${map?.name ?? ''}' is not a ring buffer`);
  }
  return map;
};

const taskMap = ({ map }: CheckedCall): Storage<'hash'> => {
  if (map?.kind !== 'hash' || map.type !== 'task-storage') {
    throw new FaultSignal('bad-argument', `the map '${map?.name ?? ''}' is not task storage`);
  }
  return map;
};

const bytesOfAddress = (address: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(address).buffer);

/** The byte at an address of kernel or user memory, or undefined if there is none. */
const peek = (
  { state, memory, program }: CheckedCall,
  which: 'kernel' | 'user',
  address: bigint,
): number | undefined => {
  const own = which === 'kernel' ? ownPlace(state, memory, program.typedContext, address, 1, 'read') : undefined;
  if (own !== undefined) {
    return own.bytes?.[own.start];
  }
  const region = regionAt(memory, which, address, 1);
  return region?.bytes[Number(address - region.address)];
};

const firstKernelAddress = 0xffff800000000000n;

/** What the kernel says of an address where nothing is: kernel reads of user and non-canonical addresses are -ERANGE. */
const unmapped = (which: 'kernel' | 'user', address: bigint): number =>
  which === 'kernel' && address < firstKernelAddress ? -errno.ERANGE : -errno.EFAULT;

/** bpf_probe_read_*: all of it, or zeros and an error. */
const probeRead =
  (which: 'kernel' | 'user'): Helper =>
  (call) => {
    const { output, values } = call;
    const address = values[2] ?? 0n;
    for (let at = 0; at < output.length; at += 1) {
      const byte = peek(call, which, address + BigInt(at));
      if (byte === undefined) {
        output.fill(0);
        return unmapped(which, address);
      }
      output[at] = byte;
    }
    return 0;
  };

/** bpf_probe_read_*_str: up to the terminator, which always gets written; returns the length with it. */
const probeReadString =
  (which: 'kernel' | 'user'): Helper =>
  (call) => {
    const { output, values } = call;
    const address = values[2] ?? 0n;
    for (let at = 0; at < output.length; at += 1) {
      const byte = peek(call, which, address + BigInt(at));
      if (byte === undefined) {
        output.fill(0);
        return unmapped(which, address);
      }
      output[at] = byte;
      if (byte === 0) {
        return at + 1;
      }
    }
    if (output.length > 0) {
      output[output.length - 1] = 0;
    }
    return output.length;
  };

const readClock = ({ memory }: CheckedCall): bigint => {
  memory.clock.now += memory.clock.step;
  return memory.clock.now;
};

const pair = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Every helper that the interpreter has, by number. */
export const helperTable: ReadonlyMap<number, Helper> = new Map<number, Helper>([
  [helperNumber.mapLookupElem, (call) => lookup(elementMap(call), call.key, call.state.environment.cpu)],
  [
    helperNumber.mapUpdateElem,
    (call) => update(elementMap(call), call.key, call.value, call.values[3] ?? 0n, call.state.environment.cpu),
  ],
  [helperNumber.mapDeleteElem, (call) => remove(elementMap(call), call.key)],
  [helperNumber.ktimeGetNs, readClock],
  [helperNumber.ktimeGetBootNs, (call) => readClock(call) + call.memory.clock.suspended],
  [helperNumber.getSmpProcessorId, ({ state }) => state.environment.cpu],
  [helperNumber.getCurrentPidTgid, ({ state: { environment } }) => pair(environment.task.tgid, environment.task.pid)],
  [helperNumber.getCurrentUidGid, ({ state: { environment } }) => pair(environment.task.gid, environment.task.uid)],
  [
    helperNumber.getCurrentComm,
    ({ state, output }) => {
      const comm = Buffer.from(state.environment.task.comm).subarray(0, Math.min(15, output.length - 1));
      output.fill(0);
      output.set(comm);
      return 0;
    },
  ],
  [helperNumber.getCurrentTask, ({ state }) => state.environment.task.address],
  [helperNumber.getCurrentTaskBtf, ({ state }) => state.environment.task.address],
  [helperNumber.probeReadKernel, probeRead('kernel')],
  [helperNumber.probeReadUser, probeRead('user')],
  [helperNumber.probeReadKernelStr, probeReadString('kernel')],
  [helperNumber.probeReadUserStr, probeReadString('user')],
  [
    helperNumber.getNsCurrentPidTgid,
    ({ state, values, output }) => {
      const { namespace } = state.environment.task;
      output.fill(0);
      if (
        output.length !== 8 ||
        namespace === undefined ||
        namespace.device !== values[0] ||
        namespace.inode !== values[1]
      ) {
        return -errno.EINVAL;
      }
      const view = new DataView(output.buffer, output.byteOffset);
      view.setUint32(0, namespace.pid, true);
      view.setUint32(4, namespace.tgid, true);
      return 0;
    },
  ],
  [
    helperNumber.getTaskStack,
    ({ state, output }) => {
      const { stack } = state.environment.task;
      output.fill(0);
      if (stack === undefined) return -errno.EFAULT;
      const frames = stack.slice(0, output.length / 8);
      const view = new DataView(output.buffer, output.byteOffset);
      for (const [i, frame] of frames.entries()) view.setBigUint64(8 * i, frame, true);
      return 8 * frames.length;
    },
  ],
  [helperNumber.ringbufOutput, (call) => output(ringMap(call), call.value)],
  [
    helperNumber.taskStorageGet,
    (call) => {
      const [, task = 0n, initial = 0n, flags = 0n] = call.values;
      const map = taskMap(call);
      if (task === 0n || flags > BigInt(storageCreate)) {
        return 0n;
      }
      const value = initial === 0n ? undefined : call.value;
      return storage(map, bytesOfAddress(task), flags === BigInt(storageCreate), value);
    },
  ],
  [
    helperNumber.taskStorageDelete,
    (call) => {
      const map = taskMap(call);
      const task = call.values[1] ?? 0n;
      return task === 0n ? -errno.EINVAL : remove(map, bytesOfAddress(task));
    },
  ],
]);
