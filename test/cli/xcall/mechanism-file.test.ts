import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, xcall } from './xcall.js';

const folder = mkdtempSync(join(tmpdir(), 'xcall-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs xcall on a file with that text, in a folder where dtrace-linux is not installed. */
function explored(text: string, { name = 'mine.mjs', command = 'explore' } = {}) {
  writeFileSync(join(folder, name), text);
  return xcall([command, `./${name}`], folder);
}

/** Two CPUs that add to a count without a lock; `from` is where the language comes from. */
const lostUpdate = (from = 'dtrace-linux/explorer', exporting = 'export default') => `
import { add, equal, eventually, load, local, mechanism, routine, shared, store } from '${from}';
const count = shared('count', { max: 2 });
const seen = local('seen', { max: 2 });
const adding = routine('adding', 'nothing', [load('read', count, seen), store('write', count, add(seen, 1))]);
${exporting} mechanism({
  name: 'lost-update', summary: 'two CPUs count', options: [], variants: [[]],
  build: ({ cpus }) => ({
    cpus, variables: [count], vectors: [], sources: [],
    tasks: Array.from({ length: cpus }, (_, cpu) => ({ name: 'adder ' + cpu, cpu, routine: adding })),
    properties: [eventually('each addition counts', equal(count, cpus))],
  }),
});`;

const refuted = { status: 1, err: '', out: expect.stringContaining('broken property: each addition counts') };

describe("a user's file", () => {
  it.each([
    ['its default export', 'export default'],
    [
      'the export `mechanism`',
      'import * as more from "dtrace-linux/explorer"; export { mine as mechanism }; const mine =',
    ],
    ['its only export that is a mechanism', 'export const other = 1; export const mine ='],
  ])('is explored by %s, though dtrace-linux is not installed there', (_, exporting) => {
    expect(explored(lostUpdate('dtrace-linux/explorer', exporting))).toMatchObject(refuted);
  });

  it('may be a .js file without a package.json', () => {
    expect(explored(lostUpdate(), { name: 'mine.js' })).toMatchObject(refuted);
  });

  it('runs', () => {
    const { status, out } = explored(lostUpdate(), { command: 'run' });
    expect(out).toMatch(/after 4 steps every CPU has finished\n$/);
    expect(status).toBe(out.includes('does not hold: each addition counts') ? 1 : 0);
  });

  it('may use another copy of the explorer, by its path', () => {
    const copy = join(folder, 'copy');
    cpSync(join(root, 'dist/explorer'), copy, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    expect(explored(lostUpdate('./copy/index.js'))).toMatchObject(refuted);
    const wrong = lostUpdate('./copy/index.js').replace(
      "load('read'",
      "load('read', shared('forgotten', { max: 1 })), load('again'",
    );
    expect(explored(wrong)).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringMatching(/^xcall: \.\/mine\.mjs: .*forgotten/),
    });
    rmSync(join(folder, 'package.json'));
  });

  it('works where the package is installed beside it, too', () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/dtrace-linux'));
    expect(explored(lostUpdate())).toMatchObject(refuted);
    rmSync(join(folder, 'node_modules'), { recursive: true });
  });
});

const shape = (rest: string) => `export default { name: 'a', summary: 'b', options: [], variants: [[]], ${rest} };`;
const model = (rest: string) =>
  shape(`build: () => ({ cpus: 2, variables: [], vectors: [], sources: [], properties: [], tasks: [], ${rest} })`);

describe('a broken file is refused with status 2 and its name, without a stack', () => {
  it.each([
    ['a syntax error', 'const a = 1;\nexport default {;\n', './mine.mjs:2: syntax error: '],
    ['no export', 'const a = 1;', './mine.mjs: exports no mechanism'],
    [
      'several exports',
      `${lostUpdate('dtrace-linux/explorer', 'export const a =')} export const b = { ...a };`,
      './mine.mjs: exports several mechanisms: a, b',
    ],
    ['an export that is nothing', 'export default 5;', './mine.mjs: what it exports is no mechanism: it is a number'],
    ['no name', 'export default {};', './mine.mjs: what it exports is no mechanism: `name` is not a text'],
    ['options that are none', shape('options: [1]'), './mine.mjs: what it exports is no mechanism: `options` is not'],
    [
      'variants that are none',
      shape('variants: [1]'),
      './mine.mjs: what it exports is no mechanism: `variants` is not',
    ],
    ['no build', shape(''), './mine.mjs: what it exports is no mechanism: `build` is not a function'],
    ['a build that throws', shape('build() {\n  return undefined.x;\n}'), './mine.mjs:2: build throws: '],
    ['a build that gives nothing', shape('build() {}'), './mine.mjs: build gives a model of which nothing is there'],
    [
      'a model without tasks',
      model('tasks: undefined'),
      './mine.mjs: build gives a model of which `tasks` is not an array',
    ],
    [
      'a task without a routine',
      model("tasks: [{ name: 't', cpu: 0 }]"),
      './mine.mjs: build gives a model of which `routine` of t',
    ],
    [
      'a step that is none',
      model("tasks: [{ name: 't', cpu: 0, routine: { name: 'r', steps: [1] } }]"),
      './mine.mjs: build gives a model of which `routine` of t has steps',
    ],
    [
      'a step without its parts',
      model("tasks: [{ name: 't', cpu: 0, routine: { name: 'r', steps: [{ kind: 'load', name: 'x' }] } }]"),
      './mine.mjs: ',
    ],
    ['a task on no CPU', lostUpdate().replace('cpu, routine', 'cpu: 7, routine'), './mine.mjs: '],
    [
      'an error when it is loaded',
      "\nthrow new Error('out of order');",
      './mine.mjs:2: cannot be loaded: out of order',
    ],
    ['something thrown that is no error', "throw 'nothing';", './mine.mjs: cannot be loaded: nothing'],
    ['an import that is not there', "import 'not-there';", './mine.mjs: cannot be loaded: Cannot find package'],
    [
      'an error that comes later',
      "setTimeout(() => { throw new Error('late'); }, 0); await new Promise(() => setTimeout(() => {}, 9));",
      './mine.mjs: late',
    ],
  ])('%s', (_, text, message) => {
    const { status, out, err } = explored(text);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err.startsWith(`xcall: ${message}`), err).toBe(true);
    expect(err).not.toMatch(/^\s+at /m);
    expect(err.split('\n').length).toBeLessThanOrEqual(3);
  });

  it('a file that is not there', () => {
    expect(xcall(['explore', './gone.js'], folder)).toEqual({
      status: 2,
      out: '',
      err: 'xcall: ./gone.js: there is no such file\n',
    });
  });
});
