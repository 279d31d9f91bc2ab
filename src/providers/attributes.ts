/**
 * The stability attributes that providers publish, from the tables "Stability" of the guide's chapters on them. For
 * `syscall` the guide of Oracle Linux, where Solaris has Unstable for functions and arguments. `xcall` and `irq` are ours:
 * their names are kept, what they show is the kernel's own and changes with it.
 */

import type { Attributes } from '../d/stability.js';

/** The attributes of the four fields of a provider's probe descriptions, and of its probes' arguments. */
export interface ProviderAttributes {
  readonly provider: Attributes;
  readonly module: Attributes;
  readonly function: Attributes;
  readonly name: Attributes;
  readonly arguments: Attributes;
}

const stable: Attributes = { name: 'Stable', data: 'Stable', class: 'Common' };
const evolving: Attributes = { name: 'Evolving', data: 'Evolving', class: 'Common' };
const unstable: Attributes = { name: 'Unstable', data: 'Unstable', class: 'Common' };
const hidden: Attributes = { name: 'Private', data: 'Private', class: 'Unknown' };
const hiddenOfIsa: Attributes = { name: 'Private', data: 'Private', class: 'ISA' };

/** Probes on events inside the kernel, as `sdt` has them; they name vectors and registers of one instruction set. */
function ofKernel(): ProviderAttributes {
  return { provider: evolving, module: hidden, function: hiddenOfIsa, name: evolving, arguments: hiddenOfIsa };
}

const published: ReadonlyMap<string, ProviderAttributes> = new Map([
  ['dtrace', { provider: stable, module: hidden, function: hidden, name: stable, arguments: stable }],
  ['syscall', { provider: evolving, module: hidden, function: hiddenOfIsa, name: evolving, arguments: hiddenOfIsa }],
  [
    'profile',
    {
      provider: evolving,
      module: { name: 'Unstable', data: 'Unstable', class: 'Unknown' },
      function: hidden,
      name: evolving,
      arguments: evolving,
    },
  ],
  ['xcall', ofKernel()],
  ['irq', ofKernel()],
]);

/** What holds where a description does not say which provider it means. */
const unknownProvider: ProviderAttributes = {
  provider: unstable,
  module: unstable,
  function: unstable,
  name: unstable,
  arguments: unstable,
};

/**
 * The attributes of a provider, by the field of a probe description. Unstable/Unstable/Common throughout if the field is
 * empty, a pattern or the name of no provider, as in dtrace(1).
 */
export const providerAttributes = (provider: string): ProviderAttributes => published.get(provider) ?? unknownProvider;
