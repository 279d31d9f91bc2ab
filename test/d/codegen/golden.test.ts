/**
 * What programs compile to, for a kernel that is the same everywhere. After a change that is meant, look at the difference
 * that this writes: `npx vitest run test/d/codegen/golden.test.ts -u`.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../../src/bpf/assembly/disassembler.js';
import { printDif } from '../../../src/d/dif/print.js';
import { dtraceProvider } from '../../../src/providers/dtrace.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';
import { calls, interrupts, timers } from './simple-provider.js';

const directory = join(import.meta.dirname, 'golden');
const providers = [dtraceProvider, calls, timers, interrupts];
const names = readdirSync(directory).filter((name) => name.endsWith('.d'));

describe('the code of', () => {
  it.each(names)('%s is as printed beside it', async (name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    const { program, sites } = compile(text, { kernel: fixedKernel, stringSize: 32, providers });
    const code = sites.map(({ plan, spec }) => `--- ${plan.name}\n${disassemble(spec.items, { numbers: false })}`);
    const stem = join(directory, name.slice(0, -2));
    await expect(`${printDif(program)}${code.join('')}`).toMatchFileSnapshot(`${stem}.bpf`);
  });
});
