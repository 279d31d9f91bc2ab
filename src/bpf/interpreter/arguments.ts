/** The arguments of a helper call, checked against its signature as the verifier does. */

import type { HelperParameter, HelperSpec } from '../helper.js';
import { FaultSignal } from './fault.js';
import type { LinkedProgram } from './link.js';
import { checkInitialised, markStored, ownPlace, type Place } from './memory/access.js';
import { guard, mapOf, space, spaceOf } from './memory/address.js';
import type { MapStorage } from './memory/maps.js';
import type { SharedMemory } from './memory/shared-memory.js';
import { readRegister } from './registers.js';
import { type MachineState, tag } from './state.js';

/** One machine at work: what does not change, its own state, and what it shares. */
export interface Machine {
  readonly program: LinkedProgram;
  readonly state: MachineState;
  readonly memory: SharedMemory;
}

/** A helper call whose arguments are allowed. */
export interface CheckedCall extends Machine {
  /** The arguments as numbers. */
  readonly values: readonly bigint[];
  /** The map argument. */
  readonly map: MapStorage | undefined;
  /** A copy of the key. */
  readonly key: Uint8Array;
  /** A copy of the value. */
  readonly value: Uint8Array;
  /** The memory that the helper fills: a view, empty if it takes none. */
  readonly output: Uint8Array;
}

const empty: Uint8Array = new Uint8Array();

const refuse = (spec: HelperSpec, index: number, why: string): FaultSignal =>
  new FaultSignal('bad-argument', `r${index + 1} of ${spec.name}: ${why}`);

const memoryArgument = (
  { program, state, memory }: Machine,
  spec: HelperSpec,
  index: number,
  size: number,
  access: 'read' | 'write',
): Place => {
  const address = readRegister(state, index + 1);
  if (state.tags[index + 1] === tag.pointer && address < BigInt(guard)) {
    throw new FaultSignal('null-dereference', `r${index + 1} of ${spec.name} may be null and is not tested`);
  }
  const place =
    state.tags[index + 1] === tag.pointer
      ? ownPlace(state, memory, program.typedContext, address, size, access)
      : undefined;
  if (place === undefined) {
    throw refuse(spec, index, 'a pointer to memory of the program is wanted');
  }
  return place;
};

const bytesAt = ({ bytes = empty, start }: Place, size: number): Uint8Array => bytes.subarray(start, start + size);

const readArgument = (machine: Machine, spec: HelperSpec, index: number, size: number): Uint8Array => {
  const place = memoryArgument(machine, spec, index, size, 'read');
  checkInitialised(place, size);
  return bytesAt(place, size).slice();
};

const mapArgument = ({ state, memory }: Machine, spec: HelperSpec, index: number): MapStorage => {
  const address = readRegister(state, index + 1);
  const map = spaceOf(address) === space.map ? memory.maps[mapOf(address)] : undefined;
  if (map === undefined || state.tags[index + 1] !== tag.pointer) {
    throw refuse(spec, index, 'a map is wanted');
  }
  return map;
};

const largestSize = 2 ** 29;

const sizeArgument = (machine: Machine, spec: HelperSpec, index: number, kind: HelperParameter): number => {
  const value = readRegister(machine.state, index + 1);
  if (value > BigInt(largestSize) || (value === 0n && kind === 'size')) {
    throw refuse(spec, index, `${BigInt.asIntN(64, value)} is no allowed size`);
  }
  return Number(value);
};

/** Checks the registers against the signature of `spec`. Throws FaultSignal where the verifier refuses them. */
export const checkArguments = (machine: Machine, spec: HelperSpec): CheckedCall => {
  const { parameters } = spec;
  const values = parameters.map((_, index) => readRegister(machine.state, index + 1));
  let map: MapStorage | undefined;
  let key: Uint8Array = empty;
  let value: Uint8Array = empty;
  let output: Uint8Array = empty;
  for (const [index, parameter] of parameters.entries()) {
    switch (parameter) {
      case 'map':
        map = mapArgument(machine, spec, index);
        break;
      case 'key':
        key = readArgument(machine, spec, index, map?.keySize ?? 0);
        break;
      case 'value':
        value = readArgument(machine, spec, index, map?.valueSize ?? 0);
        break;
      case 'value-or-null':
        if (values[index] !== 0n) {
          value = readArgument(machine, spec, index, map?.valueSize ?? 0);
        }
        break;
      case 'output': {
        const size = sizeArgument(machine, spec, index + 1, parameters[index + 1] ?? 'size');
        if (size > 0) {
          const place = memoryArgument(machine, spec, index, size, 'write');
          markStored(place, size, tag.scalar);
          output = bytesAt(place, size);
        }
        break;
      }
      case 'input': {
        const size = sizeArgument(machine, spec, index + 1, parameters[index + 1] ?? 'size');
        value = size > 0 ? readArgument(machine, spec, index, size) : empty;
        break;
      }
      case 'task':
        if (machine.state.tags[index + 1] !== tag.kernel) {
          throw refuse(spec, index, 'a task typed by BTF is wanted');
        }
        break;
      case 'size':
      case 'size-or-zero':
      case 'scalar':
      case 'address':
        break;
    }
  }
  return { ...machine, values, map, key, value, output };
};
