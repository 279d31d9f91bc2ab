/** What the documents say of the code is there: files, links, the stages of the example. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileTexts, parseTexts } from '../../src/d/compile.js';
import { printDif } from '../../src/d/dif/print.js';
import { parse } from '../../src/d/syntax/parser.js';
import { printProgram } from '../../src/d/syntax/print-ast.js';
import { defaultOptions } from '../../src/session/options/options.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const documents = ['README.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

describe.each(documents)('$name', ({ name, text }) => {
  it('names files that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|bin|scripts|bench)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    const paths = named.filter((path) => !path.includes('NAME') && !existsSync(join(root, path)));
    expect(paths).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links.filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, name) : join(root, dirname(name), path);
      if (!existsSync(file)) return true;
      if (anchor === undefined) return false;
      const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      );
      return !headings.includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const text = /^```d\n(.*?)^```$/ms.exec(architecture)?.[1] ?? '';
  const blocks = [...architecture.matchAll(/^```text\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const source = { name: 'writes.d', origin: 'script', text } as const;

  it('shows the syntax tree that the parser makes of its example', () => {
    expect(blocks).toContain(`${printProgram(parse(source))}\n`);
  });

  it('shows the DIF that the compiler makes of its example', () => {
    const target = BigInt(/setx +(\d+)/.exec(architecture)?.[1] ?? '');
    const program = compileTexts(parseTexts([source]), {
      stringSize: defaultOptions.strsize,
      macros: new Map([['target', target]]),
      defaultArguments: false,
      allowZeroMatches: false,
      allowEmpty: false,
      matchProbes: () => ({ probes: 1, error: false }),
    });
    expect(blocks.map((block) => block.trim())).toContain(printDif(program).trim());
  });
});
