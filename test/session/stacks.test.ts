/** stack() on the live kernel: where it begins, that none is lost, that its counts add up. */

import { describe, expect, it } from 'vitest';
import { readKernelSymbols } from '../../src/sys/index.js';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { open, type Trace, type TraceOptions, trace } from '../trace.js';

const symbols = kernelSkipReason === undefined ? readKernelSymbols() : undefined;

/** A test of names, which not every kernel shows. */
const namedTest = (name: string, run: () => Promise<void>): void => {
  if (kernelSkipReason !== undefined || symbols !== undefined) kernelTest(name, run);
  else it.skip(`${name} [skipped: the kernel shows no addresses]`, run);
};

/** Functions of the tracer, and of the kernel on the way from a probe to it. */
const own = /bpf_prog_|bpf_trace_run|__bpf_trace_|__traceiter_|bpf_get_task_stack|get_stack|test_run_raw_tp/;

const frame = /^ {14}[^ `]+`[^ `]+(\+0x[0-9a-f]+)?$/;

/** The stacks of an output, each as its lines without blanks. */
function stacksOf({ output }: Trace): readonly (readonly string[])[] {
  const stacks: string[][] = [];
  let current: string[] | undefined;
  for (const line of output.split('\n')) {
    if (!frame.test(line)) {
      current = undefined;
      continue;
    }
    if (current === undefined) {
      current = [];
      stacks.push(current);
    }
    current.push(line.trim());
  }
  return stacks;
}

const entry = 'syscall::getpgid:entry /pid == $target/';

async function ofCalls(text: string, times: number, more: TraceOptions = {}): Promise<Trace> {
  const program = await startProgram([{ call: calls.getpgid, times }]);
  return trace(text, { programs: [program], ...more });
}

describe('stack()', () => {
  namedTest('begins where the probe fired, whatever form the clause has and whoever else is attached', async () => {
    const forms: Readonly<Record<string, string>> = {
      'in the entry': `${entry} { stack(); }`,
      'in functions': Array.from({ length: 6 }, () => `${entry} { stack(); }`).join('\n'),
      'in a clause of ERROR': `${entry} { trace(1 / (arg0 & 0)); } ERROR { stack(); }`,
      'as a key': `${entry} { @[stack()] = count(); }`,
      'by %k': `${entry} { printf("%-14k", stack()); }`,
    };
    const seen = new Set<string>();
    for (const [name, text] of Object.entries(forms)) {
      for (const beside of [false, true]) {
        using other = open(beside ? 'syscall::getpgid:entry /0/ { @ = count(); }' : 'END {}');
        if (beside) other.go();
        const stacks = stacksOf(await ofCalls(text, 1));
        expect(stacks.length, name).toBe(name === 'in functions' ? 6 : 1);
        for (const stack of stacks) {
          expect(
            stack.filter((line) => own.test(line)),
            name,
          ).toEqual([]);
          seen.add(stack.join(' '));
        }
      }
    }
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toMatch(/syscall/);
  });

  namedTest('of BEGIN is that of the call that runs it', async () => {
    const result = await trace('BEGIN { stack(); exit(0); }');
    const [stack = []] = stacksOf(result);
    expect(stack.filter((line) => own.test(line))).toEqual([]);
    expect(stack.join(' ')).toMatch(/sys_bpf/);
  });

  namedTest('of a tick is the code that it interrupted, not its own interrupt', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 400_000 }]);
    const result = await trace('profile-4999 /pid == $target/ { @[stack()] = count(); }', { programs: [program] });
    const stacks = stacksOf(result);
    expect(stacks.length).toBeGreaterThan(0);
    // Somebody else's program on system calls may be what was interrupted.
    for (const [first = ''] of stacks) expect(first).not.toMatch(/apic_timer|hrtimer_(interrupt|run_queues)|get_stack/);
  });

  namedTest('has as many frames as are asked for, and the option stackframes says how many otherwise', async () => {
    const text = `BEGIN { stack(); stack(3); printf("%-14k", stack(1)); exit(0); }`;
    const stacks = stacksOf(await trace(text, { options: { stackframes: 2 } }));
    expect(stacks.map((stack) => stack.length)).toEqual([2, 3, 1]);
    const [two = [], three = [], [one] = []] = stacks;
    expect(three.slice(0, 2)).toEqual(two);
    expect(two[0]).toBe(one);
  });

  namedTest('is indented as the option stackindent says', async () => {
    const { output } = await trace('BEGIN { stack(1); @[stack(1)] = count(); exit(0); }', {
      options: { stackindent: 3 },
    });
    expect(output).toMatch(/^\n {3}\S+`\S+\n\n\n {3}\S+`\S+\n {16}1\n$/);
  });

  namedTest('and caller and stackdepth agree', async () => {
    const { output } = await trace('BEGIN { printf("%k", stack(127)); printf("%a %d", caller, stackdepth); exit(0); }');
    const lines = output.split('\n').filter((line) => line !== '');
    const stack = lines.slice(0, -1);
    expect(lines.at(-1)).toBe(`${stack[1]} ${stack.length}`);
  });

  kernelTest('as a key loses no count where ticks walk stacks inside it', async () => {
    const times = 100_000;
    const text = `
      ${entry} { @[stack(), probename] = count(); @calls = count(); }
      profile-4999 /pid == $target/ { @ticks[stack(30), cpu] = count(); @all = count(); }
      END { printa("calls %@d\\n", @calls); printa("ticks %@d\\n", @all); printa("call %@d\\n", @); printa("tick %@d\\n", @ticks); }`;
    const { lines, drops } = await ofCalls(text, times);
    const sum = (name: string): number =>
      lines
        .filter((line) => line.startsWith(`${name} `))
        .reduce((total, line) => total + Number(line.split(' ')[1]), 0);
    // A stack that the kernel does not walk is counted, and so is its firing.
    expect(drops.filter(({ kind }) => kind !== 'stacks')).toEqual([]);
    expect(sum('calls')).toBe(times);
    expect(sum('call')).toBe(times);
    expect(sum('ticks')).toBeGreaterThan(0);
    expect(sum('tick')).toBe(sum('ticks'));
  });

  kernelTest('of different sizes go into one aggregation, the same frames into one key', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 10 }]);
    const text = `${entry} { @[stack(1)] = count(); } ${entry} { @[stack(1)] = count(); @[stack(2)] = count(); }
      END { printa("%@d\\n", @); }`;
    const { lines } = await trace(text, { programs: [program] });
    expect(lines).toEqual(['10', '20']);
  });
});
