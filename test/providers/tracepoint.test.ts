import { describe, expect, it } from 'vitest';
import { CompileError } from '../../src/d/diagnostic.js';
import { dtraceProvider } from '../../src/providers/dtrace.js';
import type { InterruptClasses } from '../../src/providers/provider.js';
import { createProbeRegistry, matchDescription } from '../../src/providers/registry.js';
import {
  type KernelEvents,
  runningKernelEvents,
  type TracepointProbe,
  tracepointProvider,
} from '../../src/providers/tracepoint.js';
import { NativeCallError } from '../../src/sys/index.js';
import { compile } from '../d/codegen/compile.js';
import { fixedKernel } from '../d/codegen/fixed-kernel.js';
import { kernelTest } from '../kernel-test.js';

const probe = (name: string, contexts: InterruptClasses = ['task']): TracepointProbe => ({
  function: 'test',
  name,
  tracepoint: `test_${name}`,
  contexts,
  emitArguments: () => {},
});

const having = (...tracepoints: readonly string[]): KernelEvents => ({
  hasTracepoint: (name) => tracepoints.includes(name),
  hasFunction: () => false,
});

const pattern = (provider: string, name: string) => ({ provider, module: '', function: '', name });

describe('the events of a kernel', () => {
  it.each<[string, () => undefined, RegExp]>([
    ['without BTF', () => undefined, /no BTF of its own types \(CONFIG_DEBUG_INFO_BTF\)/],
    [
      'whose BTF needs native calls that cannot be made',
      () => {
        throw new NativeCallError('the npm package koffi cannot be loaded');
      },
      /cannot be read \(the npm package koffi cannot be loaded\)/,
    ],
    [
      'whose BTF may not be read',
      () => {
        throw Object.assign(new Error("EACCES: permission denied, open '/sys/kernel/btf/vmlinux'"), { code: 'EACCES' });
      },
      /cannot be read \(EACCES: permission denied/,
    ],
  ])('%s are none, and it is known why', (_, read, why) => {
    const events = runningKernelEvents(read);
    expect(events.hasTracepoint('sched_switch')).toBe(false);
    expect(events.hasFunction('schedule')).toBe(false);
    expect(events.lacking).toMatch(why);
  });

  it('are asked for once, and not before a question', () => {
    let asked = 0;
    const events = runningKernelEvents(() => {
      asked += 1;
      return undefined;
    });
    expect(asked).toBe(0);
    events.hasTracepoint('a');
    events.hasTracepoint('b');
    expect(events.lacking).toBeDefined();
    expect(asked).toBe(1);
  });
});

describe('the events of the running kernel', () => {
  kernelTest('are those that it has', () => {
    const events = runningKernelEvents();
    expect([events.hasTracepoint('sched_switch'), events.hasTracepoint('no_such_tracepoint')]).toEqual([true, false]);
    expect([events.hasFunction('schedule'), events.hasFunction('no_such_function')]).toEqual([true, false]);
    expect(events.lacking).toBeUndefined();
  });
});

describe('probes that do not exist', () => {
  const probes = [probe('here'), probe('gone')];
  const registryOf = (events: KernelEvents) =>
    createProbeRegistry([dtraceProvider, tracepointProvider('events', probes, events)]);

  it.each<[string, KernelEvents, string, RegExp | undefined]>([
    ['for want of their tracepoint', having('test_here'), 'gone', /^this kernel has no tracepoint test_gone, which/],
    ['for want of BTF', { ...having(), lacking: 'no BTF' }, 'gone', /^no BTF; `dtrace --doctor` shows/],
    ['anywhere', having('test_here'), 'other', undefined],
    ['anywhere, on a kernel without BTF', { ...having(), lacking: 'no BTF' }, 'other', undefined],
  ])('%s are explained, or not', (_, events, name, why) => {
    const match = matchDescription(registryOf(events), pattern('events', name));
    expect(match.probes).toBe(0);
    if (why === undefined) expect(match.why).toBeUndefined();
    else expect(match.why).toMatch(why);
  });

  it('are explained to the user with the error of the compiler', () => {
    const providers = [dtraceProvider, tracepointProvider('events', probes, { ...having(), lacking: 'no BTF' })];
    const attempt = (text: string) => {
      try {
        compile(text, { kernel: fixedKernel, providers });
      } catch (error) {
        if (error instanceof CompileError) return error.diagnostic;
        throw error;
      }
      return expect.unreachable('the program was accepted');
    };
    expect(attempt('events:::gone { }')).toMatchObject({ tag: 'D_PDESC_ZERO', hint: expect.stringMatching(/^no BTF/) });
    expect(attempt('other:::gone { }').hint).toBeUndefined();
  });

  it('do not keep others of a pattern from matching', () => {
    const match = matchDescription(registryOf(having('test_here')), pattern('events', ''));
    expect(match).toMatchObject({ probes: 1, error: false });
    expect(match.why).toBeUndefined();
  });

  it('are explained by what is absent, whatever else the pattern selects', () => {
    const { whyNone } = tracepointProvider('events', probes, having('test_here'));
    expect(whyNone?.(pattern('events', ''))).toMatch(/ no tracepoint test_gone, which events:::gone needs$/);
    expect(whyNone?.(pattern('events', 'here'))).toBeUndefined();
  });

  it('need tracepoints that the provider names', () => {
    const provider = tracepointProvider('events', [...probes, probe('gone')], having('test_here'));
    expect(provider.tracepoints()).toEqual({ present: ['test_here'], absent: ['test_gone'] });
  });
});

describe('the sites of tracepoints that fire in several contexts', () => {
  it.each<[InterruptClasses, number]>([
    [['hardirq'], 1],
    [['task'], 1],
    [['task', 'softirq'], 2],
    [['task', 'softirq', 'hardirq'], 4],
    [['hardirq', 'task'], 2],
  ])('%j have a program each and %i levels', (contexts, levels) => {
    const providers = [dtraceProvider, tracepointProvider('events', [probe('here', contexts)], having('test_here'))];
    const { sites, memory } = compile('events:::here { }', { kernel: fixedKernel, providers });
    expect(sites.map(({ plan }) => [plan.name, plan.interrupts])).toEqual([['events_test_here', contexts]]);
    expect(memory.shape).toMatchObject({ levels, preemptible: false });
  });

  it('share the levels of their contexts', () => {
    const all = [probe('one', ['task', 'softirq']), probe('two', ['softirq', 'hardirq'])];
    const providers = [dtraceProvider, tracepointProvider('events', all, having('test_one', 'test_two'))];
    const { sites, memory } = compile('events::: { }', { kernel: fixedKernel, providers });
    expect(sites).toHaveLength(2);
    expect(memory.shape.levels).toBe(4);
  });

  it.each<[InterruptClasses]>([[['task']], [['softirq', 'task']], [['hardirq', 'softirq', 'task']]])(
    '%j claim their levels where tasks are preempted',
    (contexts) => {
      const providers = [dtraceProvider, tracepointProvider('events', [probe('here', contexts)], having('test_here'))];
      const kernel = { ...fixedKernel, preemptibleTracepoints: true };
      expect(compile('events:::here { }', { kernel, providers }).memory.shape.preemptible).toBe(true);
    },
  );
});
