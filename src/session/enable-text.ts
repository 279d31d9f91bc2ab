/** From a D text to its enabling in one step, for programs that bring their D along. */

import type { RuntimeShape } from '../d/codegen/memory/layout.js';
import type { TargetKernel } from '../d/codegen/target.js';
import { compileTexts, parseTexts } from '../d/compile.js';
import { allProviders } from '../providers/index.js';
import type { Provider } from '../providers/provider.js';
import { createProbeRegistry, matchDescription } from '../providers/registry.js';
import { type Enabling, planEnabling } from './enabling.js';
import { defaultOptions, type Options } from './options/options.js';
import { type Machine, shapeOf, thisMachine } from './shape.js';

/** How to compile. */
export interface EnableOptions {
  readonly options?: Partial<Options>;
  /** Macro variables by name without the dollar. */
  readonly macros?: Readonly<Record<string, bigint | string>>;
  /** This machine unless told. */
  readonly machine?: Machine;
  /** Providers beside those that everybody has. */
  readonly providers?: readonly Provider[];
  /** Another shape than the one that options, nesting and machine give. */
  readonly reshape?: (shape: RuntimeShape) => RuntimeShape;
}

/** Compiles `text` against the probes of this machine and plans its enabling for `kernel`. Throws CompileError. */
export function enableText(
  text: string,
  kernel: TargetKernel,
  {
    options = {},
    macros = {},
    machine = thisMachine(),
    providers = [],
    reshape = (shape) => shape,
  }: EnableOptions = {},
): Enabling {
  const settled: Options = { ...defaultOptions, ...options };
  const registry = createProbeRegistry([...allProviders, ...providers]);
  const program = compileTexts(parseTexts([{ name: '-n', origin: '-n', text }]), {
    stringSize: settled.strsize,
    stackFrames: settled.stackframes,
    maximumFrames: settled.maxframes,
    macros: new Map(Object.entries(macros)),
    defaultArguments: false,
    allowZeroMatches: false,
    allowEmpty: false,
    matchProbes: (description) => matchDescription(registry, description),
  });
  return planEnabling(program, registry, kernel, (nesting) => reshape(shapeOf(settled, nesting, machine)));
}
