/** docs/explorer.md shows what its commands print, and its code is that of files that run. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf, patternOf, root, workplace } from './console.js';

const blocks = blocksOf(readFileSync(join(root, 'docs/explorer.md'), 'utf8'));
const place = workplace();

afterAll(() => place.remove());

const withoutIndent = (text: string): string => text.replaceAll(/^ +/gm, '').trim();

const examples = readdirSync(join(root, 'examples')).filter((name) => name.startsWith('explorer-'));

/** All files that a reader has by the end of the page. */
const files = [
  ...examples.map((name) => readFileSync(join(root, 'examples', name), 'utf8')),
  ...blocks.flatMap((block) => (block.kind === 'file' ? [block.text] : [])),
].map(withoutIndent);

describe('docs/explorer.md', () => {
  it('has files and commands', () => {
    const count = (kind: string): number => blocks.filter((block) => block.kind === kind).length;
    expect(count('file')).toBeGreaterThanOrEqual(6);
    expect(count('command')).toBeGreaterThanOrEqual(30);
  });

  it('shows parts of files that are there', () => {
    const fragments = blocks.flatMap((block) => (block.kind === 'fragment' ? [withoutIndent(block.text)] : []));
    expect(fragments.filter((fragment) => !files.some((file) => file.includes(fragment)))).toEqual([]);
  });

  it('names every example', () => {
    const text = readFileSync(join(root, 'docs/explorer.md'), 'utf8');
    expect(examples.filter((name) => !text.includes(`examples/${name}`))).toEqual([]);
  });

  // In the order of the page: commands use the files that stand above them, and those that commands have made.
  for (const block of blocks) {
    if (block.kind === 'file') place.write(block.name, block.text);
    if (block.kind !== 'command') continue;
    const { command, output } = block;
    it(`shows what is printed by: ${command}`, async () => {
      const printed = await place.run(command);
      // Compared as text, for what differs to be seen; elsewhere by the pattern.
      if (!output.includes('…') && !/\d s$/m.test(output)) expect(printed).toBe(output);
      else expect(`${printed}\n`).toMatch(patternOf(output));
    });
  }
});
