/** All probes of all providers, with their ids. */

import type { ProbeArguments, ProbeMatch } from '../d/check/environment.js';
import { typeName } from '../d/check/types/type-text.js';
import type { DType } from '../d/types.js';
import { matchesGlob, matchesProbe, type Probe, type ProbePattern, probeText } from './probe.js';
import type { Provider } from './provider.js';

/** Probes by description. Ids count from 1, in the order of the providers; probes made on demand come last. */
export interface ProbeRegistry {
  readonly providers: readonly Provider[];
  /** The probes that a description selects, by id. */
  match(pattern: ProbePattern): readonly Probe[];
  /** Bytes of the longest value of a field among the probes that are known, without a NUL. */
  longest(field: 'provider' | 'module' | 'function'): number;
  /** Why probes that a description selects do not exist here; undefined where there are none anywhere. */
  whyNone(pattern: ProbePattern): string | undefined;
  /** The probe with an id. */
  byId(id: number): Probe | undefined;
  /** The types of a probe's arguments, those of `args[]`; none where its provider declares none. */
  argumentTypes(probe: Probe): readonly DType[];
}

/** A registry over `providers`; the dtrace provider comes first, so that BEGIN, END and ERROR are 1, 2 and 3. */
export function createProbeRegistry(providers: readonly Provider[]): ProbeRegistry {
  const probes: Probe[] = [];
  for (const provider of providers) {
    for (const name of provider.probes()) probes.push({ id: probes.length + 1, ...name });
  }
  return {
    providers,
    match: (pattern) => {
      if (pattern.id !== undefined) {
        const probe = probes[pattern.id - 1];
        return probe === undefined ? [] : [probe];
      }
      const found = probes.filter((probe) => matchesProbe(pattern, probe));
      if (found.length > 0) return found;
      for (const provider of providers) {
        if (!matchesGlob(pattern.provider, provider.name)) continue;
        const name = provider.provide?.(pattern);
        if (name === undefined) continue;
        const probe: Probe = { id: probes.length + 1, ...name };
        probes.push(probe);
        return [probe];
      }
      return [];
    },
    longest: (field) => Math.max(0, ...probes.map((probe) => Buffer.byteLength(probe[field]))),
    whyNone: (pattern) => {
      for (const provider of providers) {
        const reason = provider.whyNone?.(pattern);
        if (reason !== undefined) return reason;
      }
      return undefined;
    },
    byId: (id) => probes[id - 1],
    argumentTypes: (probe) => providerOf(providers, probe)?.argumentTypes?.(probe) ?? [],
  };
}

/** What a description means to the checker. ERROR has the id 3. */
export function matchDescription(registry: ProbeRegistry, description: ProbePattern): ProbeMatch {
  const probes = registry.match(description);
  const why = probes.length === 0 ? registry.whyNone(description) : undefined;
  return {
    probes: probes.length,
    error: probes.some(({ id }) => id === 3),
    ...(why === undefined ? {} : { why }),
    ...(probes.length === 0 ? {} : { arguments: argumentsOf(registry, probes) }),
  };
}

const providerOf = (providers: readonly Provider[], { provider }: Probe): Provider | undefined =>
  providers.find(({ name }) => name === provider);

/** What `args[]` holds in the probes, each list of types with the first probe that has it. */
function argumentsOf(registry: ProbeRegistry, probes: readonly Probe[]): readonly ProbeArguments[] {
  const lists = new Map<string, ProbeArguments>();
  for (const probe of probes) {
    const types = registry.argumentTypes(probe);
    const text = types.map(typeName).join(', ');
    if (lists.has(text)) continue;
    const instead = types.length > 0 ? undefined : providerOf(registry.providers, probe)?.instead?.(probe);
    lists.set(text, { probe: probeText(probe), types, ...(instead === undefined ? {} : { instead }) });
  }
  return [...lists.values()];
}
