/**
 * Providers whose probes are tracepoints of the kernel: which of them exist, and a site for each enabled one.
 *
 * A probe is a program of its own on one BTF-typed raw tracepoint: the kernel skips a program that is already running on
 * the CPU, so one that served several tracepoints would lose the firings that nest. What remains is a tracepoint that
 * fires inside its own program, from an interrupt: the kernel counts that, and it is reported as a drop.
 */

import { kernelFunctionId, readKernelBtf, tracepointPrototype } from '../bpf/btf/index.js';
import type { SiteCode } from '../d/codegen/site.js';
import { NativeCallError } from '../sys/index.js';
import type { EnabledProbe, InterruptClass, Provider, SitePlan } from './provider.js';

/** What a provider asks of the kernel before it lists its probes. */
export interface KernelEvents {
  /** Whether the kernel proper has the tracepoint (`sched_switch`); those of modules do not count. */
  hasTracepoint(name: string): boolean;
  /** Whether programs may find the kernel function of the name. */
  hasFunction(name: string): boolean;
}

/** A probe on a tracepoint. */
export interface TracepointProbe {
  readonly function: string;
  readonly name: string;
  readonly tracepoint: string;
  /** Every context that the tracepoint can fire in, where interrupts of the next one can come in between. */
  readonly contexts: readonly [InterruptClass, ...InterruptClass[]];
  /** Fills in the arguments that are read, as `Site.emitArguments` does; r6 and r9 must be kept. */
  emitArguments(code: SiteCode): void;
}

/** The module of everything that is built into the kernel. */
const kernelModule = 'vmlinux';

/**
 * The events of the running kernel, from its BTF, which is read with the first question. A kernel whose BTF is missing
 * or out of reach has none: nothing could be attached there.
 */
export function runningKernelEvents(): KernelEvents {
  const types = () => {
    try {
      return readKernelBtf();
    } catch (error) {
      if (error instanceof NativeCallError) return undefined;
      throw error;
    }
  };
  return {
    hasTracepoint: (name) => {
      const btf = types();
      return btf !== undefined && tracepointPrototype(btf, name) !== undefined;
    },
    hasFunction: (name) => {
      const btf = types();
      return btf !== undefined && kernelFunctionId(btf, name) !== undefined;
    },
  };
}

/** A provider of those of `probes` whose tracepoints exist. */
export function tracepointProvider(name: string, probes: readonly TracepointProbe[], events: KernelEvents): Provider {
  const nameOf = (probe: TracepointProbe): string => `${probe.function}:${probe.name}`;
  const byName = new Map(probes.map((probe) => [nameOf(probe), probe]));
  return {
    name,
    probes: () =>
      probes
        .filter(({ tracepoint }) => events.hasTracepoint(tracepoint))
        .map((probe) => ({ provider: name, module: kernelModule, function: probe.function, name: probe.name })),
    plan: (enabled) => {
      const planned = enabled.map((one) => {
        const probe = byName.get(`${one.probe.function}:${one.probe.name}`);
        if (probe === undefined) throw new Error(`${one.probe.function}:${one.probe.name} is no probe of ${name}`);
        return { probe, plan: planSite(name, probe, one) };
      });
      const further = new Set(planned.flatMap(({ probe }) => probe.contexts.slice(1)));
      return [...planned.map(({ plan }) => plan), ...[...further].map((context) => planContext(name, context))];
    },
  };
}

function planSite(provider: string, probe: TracepointProbe, enabled: EnabledProbe): SitePlan {
  const { tracepoint } = probe;
  return {
    name: `${provider}_${tracepoint}`,
    kind: { type: 'typed-raw-tracepoint', tracepoint },
    activity: 'active',
    interrupts: probe.contexts[0],
    attachment: { kind: 'typed-raw-tracepoint', tracepoint },
    probes: [enabled],
    maps: () => [],
    emitArguments: (code) => probe.emitArguments(code),
  };
}

/**
 * A plan without a program, as that of ERROR is. The session makes a level for every context that it finds among the
 * plans, and a plan names one: this one names a further context of sites that fire in several.
 */
const planContext = (provider: string, interrupts: InterruptClass): SitePlan => ({
  name: `${provider}_${interrupts}`,
  kind: { type: 'raw-tracepoint' },
  activity: 'active',
  interrupts,
  attachment: { kind: 'error' },
  probes: [],
  maps: () => [],
  emitArguments: () => {},
});
