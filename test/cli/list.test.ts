import { describe, expect, it, vi } from 'vitest';
import { listProbes } from '../../src/cli/list.js';
import { parseTexts } from '../../src/d/compile.js';
import { dtraceProvider } from '../../src/providers/dtrace.js';
import { createIrqProvider } from '../../src/providers/irq.js';
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
    const list = (): number => listProbes(registry, parseTexts([{ name: '-n', origin: '-n', text }]), false);
    expect(list).toThrow(expect.objectContaining({ message }));
  });
});

/** What `dtrace -l` prints of the descriptions. */
function list(verbose: boolean, ...texts: readonly string[]): string {
  const everything = { hasTracepoint: () => true, hasFunction: () => false };
  const registry = createProbeRegistry([dtraceProvider, createIrqProvider(everything)]);
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text.toString();
    return true;
  });
  try {
    const parsed = parseTexts(texts.map((text) => ({ name: '-n', origin: '-n', text })));
    expect(listProbes(registry, parsed, verbose)).toBe(0);
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe('the list of -v', () => {
  it('has the attributes of each probe, those of its arguments and their types, as dtrace(1) lays them out', () => {
    const [header = '', ...rest] = list(true, 'irq:::handler-return').split('\n');
    expect(header).toBe(list(false, 'irq:::handler-return').split('\n')[0]);
    expect(rest.join('\n')).toBe(
      `   27        irq           vmlinux                       irq_handler handler-return

\tProbe Description Attributes
\t\tIdentifier Names: Private
\t\tData Semantics:   Private
\t\tDependency Class: Unknown

\tArgument Attributes
\t\tIdentifier Names: Private
\t\tData Semantics:   Private
\t\tDependency Class: ISA

\tArgument Types
\t\targs[0]: int
\t\targs[1]: uintptr_t
\t\targs[2]: char *
\t\targs[3]: int

`,
    );
  });

  it('says that a probe has no typed arguments', () => {
    const text = list(true, 'BEGIN', 'irq:::softirq-raise');
    expect(text).toContain('\tArgument Types\n\t\tNone\n\n   28        irq');
    expect(text).toContain('\tArgument Types\n\t\targs[0]: unsigned int\n\n');
  });

  it('has the lines of the plain list', () => {
    const plain = list(false, 'BEGIN', 'irq:::');
    const lines = list(true, 'BEGIN', 'irq:::').split('\n');
    expect(lines.filter((line) => /^ +(ID|\d+) /.test(line)).join('\n')).toBe(plain.trimEnd());
    expect(lines.filter((line) => line === '\tArgument Types')).toHaveLength(plain.trimEnd().split('\n').length - 1);
  });
});
