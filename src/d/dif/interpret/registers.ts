/** The registers of a DIFO that runs, each with the type that its values are kept in. */

import type { Difo, DifRegister } from '../../dif.js';
import { wrapInteger } from '../../types.js';
import { type ByteString, cutToBound } from '../byte-string.js';
import type { DifValue } from './context.js';

/** The registers of a running DIFO; reading one that was not written is an error of the generator. */
export class Registers {
  readonly #types: Difo['registers'];
  readonly #values: (DifValue | undefined)[];

  constructor(types: Difo['registers']) {
    this.#types = types;
    this.#values = new Array<DifValue | undefined>(types.length);
  }

  value(register: DifRegister): DifValue {
    const value = this.#values[register];
    if (value === undefined) throw new TypeError(`register ${register} is read before it is written`);
    return value;
  }

  integer(register: DifRegister): bigint {
    const value = this.#values[register];
    if (typeof value !== 'bigint') throw new TypeError(`register ${register} holds no integer`);
    return value;
  }

  string(register: DifRegister): ByteString {
    const value = this.#values[register];
    if (typeof value !== 'string') throw new TypeError(`register ${register} holds no string`);
    return value;
  }

  values(registers: readonly DifRegister[]): readonly DifValue[] {
    return registers.map((register) => this.value(register));
  }

  /** Writes `value`, as a value of the register's type; undefined is 0 or "". */
  write(register: DifRegister, value: DifValue | undefined): void {
    const type = this.#types[register];
    if (type === undefined) throw new TypeError(`there is no register ${register}`);
    switch (type.kind) {
      case 'string':
        if (value !== undefined && typeof value !== 'string') throw new TypeError(`register ${register} holds strings`);
        this.#values[register] = cutToBound(value ?? '', type.bound);
        return;
      case 'stack':
        if (value !== undefined && typeof value !== 'object') throw new TypeError(`register ${register} holds stacks`);
        this.#values[register] = (value ?? []).slice(0, type.frames);
        return;
      case 'integer':
        if (value !== undefined && typeof value !== 'bigint')
          throw new TypeError(`register ${register} holds integers`);
        this.#values[register] = wrapInteger(value ?? 0n, type);
    }
  }

  /** Writes a 64-bit result, which the generator promises to be in the range of the register's type. */
  writeWide(register: DifRegister, value: bigint): void {
    this.#values[register] = this.#isSigned(register) ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  }

  /** Frames that a stack register holds at most. */
  frames(register: DifRegister): number {
    const type = this.#types[register];
    if (type?.kind !== 'stack') throw new TypeError(`register ${register} holds no stacks`);
    return type.frames;
  }

  /** Bytes that a string register holds, NUL included. */
  bound(register: DifRegister): number {
    const type = this.#types[register];
    if (type?.kind !== 'string') throw new TypeError(`register ${register} holds no strings`);
    return type.bound;
  }

  #isSigned(register: DifRegister): boolean {
    const type = this.#types[register];
    return type?.kind === 'integer' && type.signed;
  }
}
