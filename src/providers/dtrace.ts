/** The dtrace provider: BEGIN, END and ERROR (Dynamic Tracing Guide, "dtrace Provider"). */

import type { EnabledProbe, Provider, SitePlan } from './provider.js';

/**
 * BEGIN and END are raw tracepoint programs that the session runs in dtrace's own process, inline, once. ERROR has no
 * program: its clauses are called where another clause faults.
 */
export const dtraceProvider: Provider = {
  name: 'dtrace',
  probes: () => ['BEGIN', 'END', 'ERROR'].map((name) => ({ provider: 'dtrace', module: '', function: '', name })),
  instead: ({ name }) => (name === 'ERROR' ? 'use arg1 to arg5, which have no types of their own' : undefined),
  plan: (enabled) => enabled.map(planSite),
};

function planSite(enabled: EnabledProbe): SitePlan {
  const kind = ({ BEGIN: 'begin', END: 'end' } as const)[enabled.probe.name] ?? 'error';
  return {
    name: kind,
    kind: { type: 'raw-tracepoint' },
    activity: kind === 'begin' ? 'warmup' : 'draining',
    interrupts: ['task'],
    attachment: { kind },
    probes: [enabled],
    maps: () => [],
    emitArguments: () => {},
  };
}
