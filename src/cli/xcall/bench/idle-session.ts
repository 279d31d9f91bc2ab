/** A session whose probes never fire: sync() at its plain cost. */

import { compileTexts, parseTexts } from '../../../d/compile.js';
import { allProviders } from '../../../providers/index.js';
import { createProbeRegistry } from '../../../providers/registry.js';
import { planEnabling } from '../../../session/enabling.js';
import { defaultOptions } from '../../../session/options/options.js';
import { openSession, type Session } from '../../../session/session.js';
import { shapeOf, thisMachine } from '../../../session/shape.js';
import { runningKernel } from '../../../session/target-kernel.js';

/** Opens it. Throws the errors of the BPF layer. */
export function openIdleSession(): Session {
  const registry = createProbeRegistry(allProviders);
  const program = compileTexts(parseTexts([{ name: 'bench', origin: '-n', text: 'BEGIN { }' }]), {
    stringSize: defaultOptions.strsize,
    macros: new Map(),
    defaultArguments: false,
    allowZeroMatches: false,
    allowEmpty: false,
    matchProbes: (description) => ({ probes: registry.match(description).length, error: false }),
  });
  const kernel = runningKernel();
  const enabling = planEnabling(program, registry, kernel, (levels) => shapeOf(defaultOptions, levels, thisMachine()));
  return openSession(enabling, kernel);
}
