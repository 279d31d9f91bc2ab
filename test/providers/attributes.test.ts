/** The stability attributes that providers publish. */

import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/d/stability.js';
import { providerAttributes } from '../../src/providers/attributes.js';
import { allProviders } from '../../src/providers/index.js';

const text = (attributes: Attributes): string => `${attributes.name}/${attributes.data}/${attributes.class}`;

const hidden = 'Private/Private/Unknown';
const isa = 'Private/Private/ISA';
const evolving = 'Evolving/Evolving/Common';
const stable = 'Stable/Stable/Common';
const unstable = 'Unstable/Unstable/Common';

describe('the attributes of providers', () => {
  it.each([
    ['dtrace', [stable, hidden, hidden, stable, stable]],
    ['syscall', [evolving, hidden, isa, evolving, isa]],
    ['profile', [evolving, 'Unstable/Unstable/Unknown', hidden, evolving, evolving]],
    ['xcall', [evolving, hidden, isa, evolving, isa]],
    ['irq', [evolving, hidden, isa, evolving, isa]],
    ['', [unstable, unstable, unstable, unstable, unstable]],
    ['sys*', [unstable, unstable, unstable, unstable, unstable]],
    ['nonesuch', [unstable, unstable, unstable, unstable, unstable]],
  ])("of '%s' are those of the guide", (provider, expected) => {
    const found = providerAttributes(provider);
    expect([found.provider, found.module, found.function, found.name, found.arguments].map(text)).toEqual(expected);
  });

  it('are published by every provider', () => {
    const unpublished = allProviders.filter(({ name }) => providerAttributes(name) === providerAttributes(''));
    expect(unpublished.map(({ name }) => name)).toEqual([]);
  });
});
