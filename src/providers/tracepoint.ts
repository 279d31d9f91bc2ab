/**
 * Providers whose probes are tracepoints of the kernel: which of them exist, and a site for each enabled one.
 *
 * A probe is a program of its own on one BTF-typed raw tracepoint: the kernel skips a program that is already running on
 * the CPU, so one that served several tracepoints would lose the firings that nest. What remains is a tracepoint that
 * fires inside its own program, from an interrupt: the kernel counts that, and it is reported as a drop.
 */

import { type Btf, kernelFunctionId, readKernelBtf, tracepointPrototype } from '../bpf/btf/index.js';
import type { SiteCode } from '../d/codegen/site.js';
import type { DType } from '../d/types.js';
import { matchesProbe } from './probe.js';
import type { EnabledProbe, InterruptClasses, ProbeName, Provider, SitePlan } from './provider.js';

/** What a provider asks of the kernel before it lists its probes. */
export interface KernelEvents {
  /** Why nothing is known of the kernel's events; undefined where they are known. */
  readonly lacking?: string | undefined;
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
  readonly contexts: InterruptClasses;
  /** The types of its arguments, from `arg0` on; left out where it has none. */
  readonly argumentTypes?: readonly DType[];
  /** As in SitePlan. */
  readonly walkedFrames?: number;
  /** Fills in the arguments that are read, as `Site.emitArguments` does; r6 and r9 must be kept. */
  emitArguments(code: SiteCode): void;
}

/** The module of everything that is built into the kernel. */
const kernelModule = 'vmlinux';

/** What is known of the kernel's types, or why nothing is. */
type KnownTypes = { readonly btf: Btf } | { readonly btf: undefined; readonly lacking: string };

function knownTypes(read: () => Btf | undefined): KnownTypes {
  try {
    const btf = read();
    if (btf !== undefined) return { btf };
    const lacking = `the kernel has no BTF of its own types (CONFIG_DEBUG_INFO_BTF), in which tracepoints are found`;
    return { btf, lacking };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      btf: undefined,
      lacking: `the kernel's BTF, in which tracepoints are found, cannot be read (${reason})`,
    };
  }
}

/**
 * The events of the running kernel, from its BTF, which `read` gives and which is read with the first question. A kernel
 * whose BTF is missing or out of reach has none, since nothing could be attached there; `lacking` then says why.
 */
export function runningKernelEvents(read: () => Btf | undefined = readKernelBtf): KernelEvents {
  let known: KnownTypes | undefined;
  const types = (): KnownTypes => {
    known ??= knownTypes(read);
    return known;
  };
  return {
    get lacking() {
      const answer = types();
      return answer.btf === undefined ? answer.lacking : undefined;
    },
    hasTracepoint: (name) => {
      const { btf } = types();
      return btf !== undefined && tracepointPrototype(btf, name) !== undefined;
    },
    hasFunction: (name) => {
      const { btf } = types();
      return btf !== undefined && kernelFunctionId(btf, name) !== undefined;
    },
  };
}

/** A provider of tracepoints. */
export interface TracepointProvider extends Provider {
  /** The tracepoints that its probes need: those of this kernel, and those that it lacks. Each once. */
  tracepoints(): { readonly present: readonly string[]; readonly absent: readonly string[] };
}

/** A provider of those of `probes` whose tracepoints exist. */
export function tracepointProvider(
  name: string,
  probes: readonly TracepointProbe[],
  events: KernelEvents,
): TracepointProvider {
  const nameOf = (probe: TracepointProbe): string => `${probe.function}:${probe.name}`;
  const byName = new Map(probes.map((probe) => [nameOf(probe), probe]));
  const listed = (probe: TracepointProbe): ProbeName => ({
    provider: name,
    module: kernelModule,
    function: probe.function,
    name: probe.name,
  });
  const isAbsent = ({ tracepoint }: TracepointProbe): boolean => !events.hasTracepoint(tracepoint);
  return {
    name,
    probes: () => probes.filter((probe) => !isAbsent(probe)).map(listed),
    tracepoints: () => {
      const all = [...new Set(probes.map(({ tracepoint }) => tracepoint))];
      return {
        present: all.filter((tracepoint) => events.hasTracepoint(tracepoint)),
        absent: all.filter((tracepoint) => !events.hasTracepoint(tracepoint)),
      };
    },
    whyNone: (pattern) => {
      const absent = probes.find((probe) => isAbsent(probe) && matchesProbe(pattern, { id: 0, ...listed(probe) }));
      if (absent === undefined) return undefined;
      const { lacking } = events;
      if (lacking !== undefined) return `${lacking}; \`dtrace --doctor\` shows what this machine lacks`;
      return `this kernel has no tracepoint ${absent.tracepoint}, which ${name}:::${absent.name} needs`;
    },
    argumentTypes: (probe) => byName.get(`${probe.function}:${probe.name}`)?.argumentTypes ?? [],
    plan: (enabled) =>
      enabled.map((one) => {
        const probe = byName.get(`${one.probe.function}:${one.probe.name}`);
        if (probe === undefined) throw new Error(`${one.probe.function}:${one.probe.name} is no probe of ${name}`);
        return planSite(name, probe, one);
      }),
  };
}

function planSite(provider: string, probe: TracepointProbe, enabled: EnabledProbe): SitePlan {
  const { tracepoint } = probe;
  return {
    name: `${provider}_${tracepoint}`,
    kind: { type: 'typed-raw-tracepoint', tracepoint },
    activity: 'active',
    interrupts: probe.contexts,
    attachment: { kind: 'typed-raw-tracepoint', tracepoint },
    probes: [enabled],
    walkedFrames: probe.walkedFrames ?? 0,
    maps: () => [],
    emitArguments: (code) => probe.emitArguments(code),
  };
}
