import { describe, expect, it } from 'vitest';
import { listProbes } from '../../src/cli/list.js';
import { parseTexts } from '../../src/d/compile.js';
import { createProbeRegistry } from '../../src/providers/registry.js';
import { tracepointProvider } from '../../src/providers/tracepoint.js';

const probe = {
  function: 'test',
  name: 'gone',
  tracepoint: 'test_gone',
  contexts: ['task'],
  emitArguments: () => {},
} as const;
const events = { hasTracepoint: () => false, hasFunction: () => false };

describe('a list of probes that do not exist', () => {
  it.each([
    [
      'says what the kernel lacks',
      'events:::gone',
      'failed to match events:::gone: No probe matches description\n    hint: this kernel has no tracepoint test_gone, which events:::gone needs',
    ],
    [
      'says no more where nobody has such probes',
      'events:::other',
      'failed to match events:::other: No probe matches description',
    ],
  ])('%s', (_, text, message) => {
    const registry = createProbeRegistry([tracepointProvider('events', [probe], events)]);
    const list = (): number => listProbes(registry, parseTexts([{ name: '-n', origin: '-n', text }]));
    expect(list).toThrow(expect.objectContaining({ message }));
  });
});
