/**
 * DIF, the D Intermediate Format: what D compiles to and what both back ends (eBPF, and the interpreter) take.
 *
 * A DIFO (DIF object) computes one value of one statement: a predicate, an argument of an action, a key or the argument
 * of an aggregation. It is a list of instructions over as many virtual registers as it needs. Control goes forward only,
 * so a DIFO has no loop and ends.
 *
 * Invariants, which the generator keeps and both back ends rely on:
 * - A register has one type for the whole DIFO. An integer register always holds the 64-bit extension of a value of its
 *   type: sign-extended if the type is signed, zero-extended otherwise. Pointers are unsigned integers of 8 bytes.
 * - A register is written before it is read on every path. Registers that merge two paths (`?:`, `&&`) are written by
 *   `mov` in both.
 * - Strings are values: `mov` copies. A string register of bound n holds at most n bytes with the NUL.
 * - A fault (invalid address, division by zero, …) ends the DIFO and its clause.
 *
 * Nothing here assumes eBPF: a provider whose probes run elsewhere can compile or interpret the same DIFOs.
 */

import type { Span } from './source.js';

/** A virtual register: an index into `Difo.registers`. */
export type DifRegister = number;

/** What a register holds. */
export type DifType =
  | { readonly kind: 'integer'; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: 'string'; readonly bound: number }
  /** Addresses of code, from the innermost frame outwards; as 8-byte words, those behind the last frame 0. */
  | { readonly kind: 'stack'; readonly frames: number };

/** 64-bit arithmetic: `s` forms are signed, `u` forms unsigned; shifts take their count modulo 64. */
export type DifOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'sdiv'
  | 'udiv'
  | 'srem'
  | 'urem'
  | 'and'
  | 'or'
  | 'xor'
  | 'sll'
  | 'srl'
  | 'sra';

/** A comparison; `s` forms are signed. Strings know only the unsigned forms, which order bytes as strcmp(3) does. */
export type DifCondition = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'slt' | 'sle' | 'sgt' | 'sge';

/** Where a user's variable lives: shared by all, one a thread (`self->`), one a firing (`this->`). */
export type VariableScope = 'global' | 'thread' | 'clause';

/** A variable that the program defines, a scalar or an associative array. */
export interface DifVariable {
  /** Index into `DifProgram.variables`. */
  readonly id: number;
  readonly name: string;
  readonly scope: VariableScope;
  /** Type of the value (of an element, for an array). Strings have bound strsize. */
  readonly type: DifType;
  /** Types of the tuple that indexes an associative array; undefined for a scalar. Strings have bound strsize. */
  readonly keys?: readonly DifType[];
}

/** A variable that DTrace defines. Its value is fixed during a firing, except for the clocks' first reading. */
export type BuiltinVariable =
  | 'arg0'
  | 'arg1'
  | 'arg2'
  | 'arg3'
  | 'arg4'
  | 'arg5'
  | 'arg6'
  | 'arg7'
  | 'arg8'
  | 'arg9'
  | 'caller'
  | 'cpu'
  | 'epid'
  | 'errno'
  | 'execname'
  | 'gid'
  | 'id'
  | 'ipl'
  | 'pid'
  | 'ppid'
  | 'probefunc'
  | 'probemod'
  | 'probename'
  | 'probeprov'
  | 'stackdepth'
  | 'tid'
  | 'timestamp'
  | 'uid'
  | 'vtimestamp'
  | 'walltimestamp';

/** One instruction. Targets of branches are labels of the same DIFO that lie ahead. */
export type DifInstruction =
  /** `dst = value`, in the range of the register's type. */
  | { readonly op: 'setx'; readonly dst: DifRegister; readonly value: bigint }
  /** `dst` = the string `text`, whose UTF-8 form and NUL fit the register's bound. */
  | { readonly op: 'sets'; readonly dst: DifRegister; readonly text: string }
  | { readonly op: 'mov'; readonly dst: DifRegister; readonly src: DifRegister }
  /** 64-bit; a narrower result is followed by `extend`. Division by zero faults; the minimum by -1 is the minimum (remainder 0). */
  | {
      readonly op: 'alu';
      readonly operation: DifOperation;
      readonly dst: DifRegister;
      readonly left: DifRegister;
      readonly right: DifRegister;
    }
  | { readonly op: 'neg' | 'not'; readonly dst: DifRegister; readonly src: DifRegister }
  /** `dst` = the lower `bits` of `src`, sign- or zero-extended. */
  | {
      readonly op: 'extend';
      readonly dst: DifRegister;
      readonly src: DifRegister;
      readonly bits: 8 | 16 | 32;
      readonly signed: boolean;
    }
  /** `dst` = 1 if the condition holds between the 64-bit values, otherwise 0. */
  | {
      readonly op: 'compare';
      readonly condition: DifCondition;
      readonly dst: DifRegister;
      readonly left: DifRegister;
      readonly right: DifRegister;
    }
  /** As `compare`, of two strings. */
  | {
      readonly op: 'scompare';
      readonly condition: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
      readonly dst: DifRegister;
      readonly left: DifRegister;
      readonly right: DifRegister;
    }
  | { readonly op: 'branch'; readonly target: string }
  | { readonly op: 'branch-if'; readonly src: DifRegister; readonly when: 'zero' | 'nonzero'; readonly target: string }
  | { readonly op: 'label'; readonly name: string }
  | { readonly op: 'builtin'; readonly dst: DifRegister; readonly variable: BuiltinVariable }
  /** `dst` = the variable; one that was never assigned is 0 or "". */
  | { readonly op: 'get'; readonly dst: DifRegister; readonly variable: number }
  /** Assigns; a `thread` variable that is assigned 0 or "" gives its storage back. */
  | { readonly op: 'set'; readonly variable: number; readonly src: DifRegister }
  /** An element of an associative array; `keys` agree with the variable's. One that was never assigned is 0 or "". */
  | {
      readonly op: 'get-element';
      readonly dst: DifRegister;
      readonly variable: number;
      readonly keys: readonly DifRegister[];
    }
  /** Assigns an element; 0 or "" deletes it. Without room the value is lost and a dynamic variable drop counted. */
  | {
      readonly op: 'set-element';
      readonly variable: number;
      readonly keys: readonly DifRegister[];
      readonly src: DifRegister;
    }
  /** Reads `size` bytes at an address, extended as the register's type says. An address that cannot be read faults. */
  | {
      readonly op: 'load';
      readonly dst: DifRegister;
      readonly address: DifRegister;
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly space: 'kernel' | 'user';
    }
  /** Reads a NUL-terminated string at an address (stringof, copyinstr). An address that cannot be read faults. */
  | {
      readonly op: 'load-string';
      readonly dst: DifRegister;
      readonly address: DifRegister;
      readonly space: 'kernel' | 'user';
    }
  /** `dst` = the kernel's stack where the probe fired, cut at its frames; empty, and a drop, where it cannot be had. */
  | { readonly op: 'stack'; readonly dst: DifRegister }
  /** Asks for a sync, which comes later; `dst` = the request's number, 0 where it could not be taken. */
  | { readonly op: 'sync'; readonly dst: DifRegister }
  /** `dst` = 1 if the request with the number in `src` is complete, otherwise 0. */
  | { readonly op: 'synced'; readonly dst: DifRegister; readonly src: DifRegister }
  /** Takes a speculation that is free; `dst` = its number from 1, 0 where none is. */
  | { readonly op: 'speculation'; readonly dst: DifRegister }
  /** The value of the DIFO; the last instruction. */
  | { readonly op: 'ret'; readonly src: DifRegister };

/** A compiled expression. */
export interface Difo {
  readonly instructions: readonly DifInstruction[];
  readonly registers: readonly DifType[];
  /** Type of the value that `ret` gives. */
  readonly type: DifType;
  /** The expression in the source. */
  readonly span: Span;
}

/** The functions that aggregate. */
export type AggregatingFunction = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'quantize';

/** An aggregation of the program, known by the function and the types of its keys. */
export interface DifAggregation {
  /** Index into `DifProgram.aggregations`. */
  readonly id: number;
  /** Without the `@`; empty for the anonymous one. */
  readonly name: string;
  readonly function: AggregatingFunction;
  /** Types of the key tuple; a string's bound and a stack's frames are the largest among the uses. Empty for `@ = count()`. */
  readonly keys: readonly DifType[];
  /** Whether the aggregated values are signed (count: false). */
  readonly signed: boolean;
}

/** One value in a record. */
export interface RecordField {
  readonly difo: Difo;
  /** Bytes from the start of the record, the 8-byte header (u32 epid, u32 probe id) included; aligned to `size`, at most 8. */
  readonly offset: number;
  /** Bytes: 1, 2, 4 or 8 for integers, the bound for strings, 8 for each frame of a stack. */
  readonly size: number;
}

/** A statement of a clause, in its order. `span` is the statement in the source. */
export type DifAction =
  | { readonly kind: 'evaluate'; readonly difo: Difo; readonly span: Span }
  | { readonly kind: 'trace'; readonly field: RecordField; readonly span: Span }
  | { readonly kind: 'printf'; readonly format: string; readonly fields: readonly RecordField[]; readonly span: Span }
  | { readonly kind: 'exit'; readonly field: RecordField; readonly span: Span }
  | {
      readonly kind: 'printa';
      readonly format: string | undefined;
      readonly aggregations: readonly number[];
      readonly span: Span;
    }
  | { readonly kind: 'clear'; readonly aggregation: number; readonly span: Span }
  /**
   * `difo` gives the number of a speculation: what the clause records from here on goes there, or ends there. With 0, or one
   * that takes no records any more, `speculate` ends the clause, and the others do nothing.
   */
  | { readonly kind: 'speculate'; readonly difo: Difo; readonly span: Span }
  | { readonly kind: 'commit' | 'discard'; readonly difo: Difo; readonly span: Span }
  | {
      readonly kind: 'aggregate';
      readonly aggregation: number;
      readonly keys: readonly Difo[];
      readonly argument: Difo | undefined;
      readonly span: Span;
    };

/** A probe description of a clause; an empty field matches anything, `*`, `?` and `[]` as in glob(7). */
export interface ProbeDescription {
  readonly provider: string;
  readonly module: string;
  readonly function: string;
  readonly name: string;
  /** As the user wrote it. */
  readonly text: string;
  /** Given where the probe is named by its number instead (`-i 3`). */
  readonly id?: number;
  readonly span: Span;
}

/** A clause with its place among the enablings. */
export interface DifClause {
  /** Enabled probe id: 1 is the built-in ERROR clause, then the program's ERROR clauses, then the others in order. */
  readonly epid: number;
  readonly probes: readonly ProbeDescription[];
  readonly predicate: Difo | undefined;
  readonly actions: readonly DifAction[];
  /** Bytes of a record, header included, a multiple of 8; 0 when the clause records nothing. */
  readonly recordSize: number;
  readonly span: Span;
}

/** A compiled program: plain data, the same on every system for the same text, options and types. */
export interface DifProgram {
  readonly clauses: readonly DifClause[];
  readonly variables: readonly DifVariable[];
  readonly aggregations: readonly DifAggregation[];
  /** The option `strsize`, bytes. */
  readonly stringSize: number;
}
