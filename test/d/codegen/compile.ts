/** D text to everything that a session would load, without a session. */

import type { CheckEnvironment } from '../../../src/d/check/environment.js';
import type { RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { compileTexts, parseTexts } from '../../../src/d/compile.js';
import { dtraceProvider } from '../../../src/providers/dtrace.js';
import type { Provider } from '../../../src/providers/provider.js';
import { createProbeRegistry, matchDescription } from '../../../src/providers/registry.js';
import { type Enabling, planEnabling } from '../../../src/session/enabling.js';
import { onlineCpus } from '../../../src/sys/index.js';
import { fixedKernel } from './fixed-kernel.js';

/** A small session: four slots, shallow nesting, buffers that random programs do not fill. */
export const smallShape: Omit<RuntimeShape, 'levels' | 'preemptible'> = {
  slots: 4,
  cpus: 256,
  bufferSize: 64 * 1024,
  aggregationSize: 32 * 1024,
  dynamicEntries: 256,
  speculations: 1,
  speculationSize: 1024,
};

/** As many slots as the machine at hand needs, where programs run in its kernel. */
const slotsFor = (kernel: TargetKernel): { readonly slots?: number } =>
  kernel === fixedKernel
    ? {}
    : { slots: Math.min(128, Math.max(4, 2 ** Math.ceil(Math.log2(onlineCpus().length + 1)))) };

/** What a program is compiled for. */
export interface Setting {
  readonly kernel: TargetKernel;
  readonly stringSize?: number;
  readonly shape?: Partial<RuntimeShape>;
  /** The dtrace provider alone unless given. */
  readonly providers?: readonly Provider[];
}

/** Compiles `text` and plans its enabling. Throws CompileError. */
export function compile(
  text: string,
  { kernel, stringSize = 256, shape = {}, providers = [dtraceProvider] }: Setting,
): Enabling {
  const registry = createProbeRegistry(providers);
  const environment: CheckEnvironment = {
    stringSize,
    macros: new Map([['target', 4242n]]),
    defaultArguments: false,
    allowZeroMatches: false,
    allowEmpty: false,
    matchProbes: (description) => matchDescription(registry, description),
  };
  const program = compileTexts(parseTexts([{ name: 'test.d', origin: 'script', text }]), environment);
  return planEnabling(program, registry, kernel, (nesting) => ({
    ...smallShape,
    ...slotsFor(kernel),
    ...nesting,
    ...shape,
  }));
}
