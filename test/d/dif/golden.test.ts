import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateDif } from '../../../src/d/dif/generate.js';
import { printDif } from '../../../src/d/dif/print.js';
import { validateProgram } from '../../../src/d/dif/validate.js';
import { checkText } from '../check/support.js';

const directory = join(import.meta.dirname, 'golden');
const names = readdirSync(directory).filter((name) => name.endsWith('.d'));

describe('the DIF of', () => {
  it.each(names)('%s is as printed beside it', async (name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    const program = generateDif(checkText(text), { stringSize: 256 });
    expect(validateProgram(program)).toEqual([]);
    await expect(printDif(program)).toMatchFileSnapshot(join(directory, `${name.slice(0, -2)}.dif`));
  });
});
