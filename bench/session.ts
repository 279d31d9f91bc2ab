/** A session in the process of the benchmarks, for what cannot be seen from outside. */

import {
  allProviders,
  compileTexts,
  createProbeRegistry,
  defaultOptions,
  openSession,
  parseTexts,
  planEnabling,
  runningKernel,
  type Session,
  shapeOf,
  thisMachine,
} from '../src/index.js';

/** Opens a session for a D program that uses no macro variables. */
export function openForBench(text: string): Session {
  const registry = createProbeRegistry(allProviders);
  const program = compileTexts(parseTexts([{ name: '-n', origin: '-n', text }]), {
    stringSize: defaultOptions.strsize,
    macros: new Map(),
    defaultArguments: false,
    allowZeroMatches: false,
    allowEmpty: false,
    matchProbes: (description) => {
      const probes = registry.match(description);
      return { probes: probes.length, error: probes.some(({ id }) => id === 3) };
    },
  });
  const kernel = runningKernel();
  const enabling = planEnabling(program, registry, kernel, (levels) => shapeOf(defaultOptions, levels, thisMachine()));
  return openSession(enabling, kernel);
}
