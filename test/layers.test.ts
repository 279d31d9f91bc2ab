/** The layer rule (docs/architecture.md), for every form of import: the linter does not see types named by `import()`. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));
const order = ['sys', 'bpf', 'd', 'explorer', 'xcall', 'providers', 'session', 'consumer', 'index.ts', 'cli'];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const layerOf = (file: string): string => file.split('/')[0] ?? '';

function importsOf(file: string): readonly string[] {
  const text = readFileSync(resolve(source, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\() ?'([^'\n ]+)'/g)].map((match) => match[1] ?? '');
}

describe('every file of src', () => {
  it('belongs to a layer', () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => !order.includes(layer))).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  it('imports from its own layer and those below only, and koffi in one place', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file).flatMap((name) => {
        if (name.startsWith('node:')) return [];
        if (!name.startsWith('.')) return name === 'koffi' && file === 'sys/ffi.ts' ? [] : [`${file}: ${name}`];
        const imported = layerOf(relative(source, resolve(source, dirname(file), name)).replace(/\.js$/, '.ts'));
        return order.indexOf(imported) <= order.indexOf(layerOf(file)) ? [] : [`${file}: ${name}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});
