/**
 * Providers whose sites are as simple as can be, so that tests see the code of clauses and not that of system calls: the
 * kernel's context is the row of the probe, then arg0 to arg5.
 */

import { load } from '../../../src/bpf/instruction.js';
import { type DType, integerTypes, pointerTo } from '../../../src/d/types.js';
import type { InterruptClass, Provider, SitePlan } from '../../../src/providers/provider.js';

/** A provider with probes `NAME:MODULE:FUNCTION:PROBE`, a site for each probe name. */
export function simpleProvider(
  name: string,
  interrupts: InterruptClass,
  functions: readonly string[],
  probes: readonly string[],
  argumentTypes: readonly DType[] = [],
): Provider {
  return {
    name,
    probes: () =>
      functions.flatMap((each) =>
        probes.map((probe) => ({ provider: name, module: 'test', function: each, name: probe })),
      ),
    argumentTypes: () => argumentTypes,
    plan: (enabled) =>
      probes.flatMap((probe): readonly SitePlan[] => {
        const here = enabled.filter((each) => each.probe.name === probe);
        if (here.length === 0) return [];
        return [
          {
            name: `${name}_${probe}`.replaceAll('-', '_'),
            kind: { type: 'raw-tracepoint' },
            activity: 'active',
            interrupts: [interrupts],
            attachment: { kind: 'typed-raw-tracepoint', tracepoint: probe },
            probes: here,
            maps: () => [],
            emitArguments: ({ emitter, kernelContext, readsArgument, setArgument }) => {
              for (const index of [0, 1, 2, 3, 4, 5]) {
                if (!readsArgument(index)) continue;
                emitter.emit(load(8, 'r1', kernelContext, 8 * (index + 1)));
                setArgument(index, 'r1');
              }
              emitter.emit(load(8, 'r0', kernelContext, 0));
            },
          },
        ];
      }),
  };
}

/** In the place of system calls: they run in tasks. */
export const calls = simpleProvider('syscall', 'task', ['read', 'write', 'openat', 'close'], ['entry', 'return']);

/** In the place of timers: they interrupt tasks. */
export const timers = simpleProvider('profile', 'hardirq', [''], ['profile-4999', 'tick-1s']);

/** In the place of interrupts, with types for `args[]`: those that the real provider has. */
export const interrupts = simpleProvider(
  'irq',
  'hardirq',
  ['handler'],
  ['handler-return'],
  [integerTypes.int, integerTypes.uintptr_t, pointerTo(integerTypes.char), integerTypes.int],
);
