/**
 * What a program can do wrong. The verifier would refuse each of these programs, so a fault in the interpreter is a bug
 * of the code generator (or of a test), found without a kernel.
 */

/** What went wrong. */
export type FaultCode =
  | 'uninitialised-register'
  | 'uninitialised-stack'
  /** A pointer that a helper returned was not tested for null. */
  | 'null-dereference'
  /** Access through a number. */
  | 'not-a-pointer'
  | 'out-of-bounds'
  /** Stack accesses and atomics must be aligned to their size. */
  | 'misaligned'
  /** Write to the context, a frozen map, kernel memory or r10. */
  | 'read-only'
  /** Arithmetic on a pointer other than adding and subtracting. */
  | 'pointer-arithmetic'
  /** An argument that the helper's signature does not allow. */
  | 'bad-argument'
  | 'unsupported-helper'
  | 'unsupported-kernel-function'
  /** Too many instructions without a stop. */
  | 'runaway';

/** A fault as plain data. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  /** The slot of the instruction. */
  readonly slot: number;
}

/** Carries a fault out of an instruction; `step` turns it into a stop, so no caller of the interpreter sees it. */
export class FaultSignal extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.name = 'FaultSignal';
    this.code = code;
  }
}

/** Why a program or a memory cannot be set up. */
export type SetupErrorCode = 'unknown-map' | 'not-an-array' | 'recursion' | 'overlapping-regions';

/** A program, its maps or its memory do not fit together: a mistake of whoever set the interpreter up. */
export class SetupError extends Error {
  readonly code: SetupErrorCode;

  constructor(code: SetupErrorCode, message: string) {
    super(message);
    this.name = 'SetupError';
    this.code = code;
  }
}
