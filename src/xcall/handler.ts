/** Handlers of cross-calls, from instructions to programs. */

import { type AssemblyItem, functionStart } from '../bpf/instruction.js';
import { loadProgram, type MapsByName } from '../bpf/loader.js';
import type { Program } from '../bpf/program.js';
import { loadFailure } from './errors.js';

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
