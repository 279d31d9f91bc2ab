/** Handlers of cross-calls, from instructions to programs. */

import { type AssemblyItem, functionStart } from '../bpf/instruction.js';
import { loadProgram, type MapsByName } from '../bpf/loader.js';
import type { Program } from '../bpf/program.js';
import { type CrossCall, createCrossCall } from '../bpf/run.js';
import { loadFailure, runFailure } from './errors.js';

/** What loading a handler may be told. */
export interface HandlerOptions {
  /** What errors and bpftool call it; the kernel sees its first 15 characters. */
  readonly name?: string;
  /** The maps that its instructions name. */
  readonly maps?: MapsByName;
}

/**
 * Loads a handler, so that it can be called many times. The instructions are those of its only function, or start with
 * `functionStart()` where there are several. Close it, or declare it with `using`.
 *
 * Throws HandlerError (the verifier refuses it), AssemblyError or BpfSpecError (it contradicts itself, or names a map
 * that is not given), PrivilegeError, SystemCallError.
 */
export function loadHandler(items: readonly AssemblyItem[], options: HandlerOptions = {}): Program {
  const { name = 'xcall_handler', maps = new Map() } = options;
  const started = items[0]?.kind === 'function' ? items : [functionStart(name, 1, 'static'), ...items];
  try {
    return loadProgram({ name, kind: { type: 'raw-tracepoint' }, items: started }, maps);
  } catch (error) {
    throw loadFailure(error);
  }
}

/** No machine has this CPU: the kernel looks at all else that is asked of it before it says so. */
const nowhere = 0x7fff_ffff;

/**
 * Makes sure that calls can be made, without one: of a CPU that cannot exist. `handler` is what errors call the program.
 *
 * Throws UnsupportedFeatureError (Linux before 5.10); HandlerError (it reads what the call does not give it).
 */
export function tryCall(call: CrossCall, handler: string): void {
  try {
    call(nowhere);
  } catch (error) {
    throw runFailure(error, handler);
  }
}

/** Makes sure that a handler without an argument can be called. Throws as `tryCall` does, and BpfSpecError. */
export const requireCallable = (handler: Program): void => tryCall(createCrossCall(handler), handler.spec.name);
