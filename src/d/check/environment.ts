/** What a program is checked against: everything that the checker must know about the system and the command line. */

import type { BuiltinVariable, ProbeDescription } from '../dif.js';
import type { DType } from '../types.js';

/** What `args[]` holds in a probe. */
export interface ProbeArguments {
  /** A probe that has them: `provider:module:function:name`. */
  readonly probe: string;
  /** The types, integers and pointers; none where the probe has no `args[]`. */
  readonly types: readonly DType[];
  /** Where there are none: what to use in their place. */
  readonly instead?: string;
}

/** What a probe description means on this system. */
export interface ProbeMatch {
  /** How many probes it matches. */
  readonly probes: number;
  /** Whether dtrace:::ERROR is among them; its clauses are numbered before all others. */
  readonly error: boolean;
  /** Where it matches none: why this system lacks what it names. */
  readonly why?: string;
  /** What `args[]` holds in its probes, what is the same in several once. Left out where they have none. */
  readonly arguments?: readonly ProbeArguments[];
}

/** The system and the options, as the checker sees them. */
export interface CheckEnvironment {
  /** The option `strsize`: bytes of a string, its NUL included. */
  readonly stringSize: number;
  /** The options `stackframes` and `maxframes`; 20 and 127 unless given. */
  readonly stackFrames?: number;
  readonly maximumFrames?: number;
  /**
   * Bytes of the longest value of a builtin string, its NUL included, where the system tells: keys and records are then
   * no longer than they must be.
   */
  readonly nameBounds?: Partial<Readonly<Record<BuiltinVariable, number>>>;
  /**
   * Macro variables by name without the dollar: `target`, `pid`, and the arguments `1`, `2`, … as their text. The
   * numbered ones must all be used. `$0` is the name of the text that it stands in.
   */
  readonly macros: ReadonlyMap<string, bigint | string>;
  /** The option `defaultargs`: an argument that is missing is 0 or "", one that is not used is no error. */
  readonly defaultArguments: boolean;
  /** `-Z`: a description may match no probe. */
  readonly allowZeroMatches: boolean;
  /** The option `empty`: a program may have no clause. */
  readonly allowEmpty: boolean;
  /** Looks for the probes of a description, in which macro variables have been replaced. */
  readonly matchProbes: (description: ProbeDescription) => ProbeMatch;
}
