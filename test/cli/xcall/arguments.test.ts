import { describe, expect, it } from 'vitest';
import { parseArguments, type XcallArguments } from '../../../src/cli/xcall/arguments.js';
import { type Command, commands, flags } from '../../../src/cli/xcall/flags.js';
import { commandUsageText, usageText } from '../../../src/cli/xcall/usage.js';
import { UsageError } from '../../../src/cli/xcall/usage-error.js';

const nothing: XcallArguments = {
  command: undefined,
  help: false,
  version: false,
  target: undefined,
  cpus: undefined,
  options: [],
  memory: undefined,
  maxStates: undefined,
  properties: [],
  stopAtContract: false,
  fold: true,
  json: false,
  once: false,
  list: false,
  all: false,
  markdown: false,
  seed: undefined,
  steps: undefined,
  speed: undefined,
  seconds: undefined,
  rate: undefined,
  broken: undefined,
};

const explore = { command: 'explore', target: 'a' } as const;
const rows: readonly (readonly [words: string, expected: Partial<XcallArguments>])[] = [
  ['--help', { help: true }],
  ['-h', { help: true }],
  ['--version', { version: true }],
  ['explore --help', { command: 'explore', help: true }],
  ['explore a', explore],
  ['explore ./a.js', { ...explore, target: './a.js' }],
  ['explore -- --a', { ...explore, target: '--a' }],
  ['explore a --cpus 3', { ...explore, cpus: 3 }],
  ['explore --cpus=3 a', { ...explore, cpus: 3 }],
  ['explore a --cpus 3 --cpus 4', { ...explore, cpus: 4 }],
  ['explore a --with b,c', { ...explore, options: ['b', 'c'] }],
  ['explore a --with b --with c,', { ...explore, options: ['b', 'c'] }],
  ['explore a --memory tso', { ...explore, memory: 'tso' }],
  ['explore a --max-states 10', { ...explore, maxStates: 10 }],
  ['explore a --property p --property q', { ...explore, properties: ['p', 'q'] }],
  ['explore a --stop-at contract', { ...explore, stopAtContract: true }],
  ['explore a --no-fold --json', { ...explore, fold: false, json: true }],
  ['explore --list', { command: 'explore', list: true }],
  ['--list', { command: 'explore', list: true }],
  ['explore --list --json', { command: 'explore', list: true, json: true }],
  ['explore --all', { command: 'explore', all: true }],
  ['--all --markdown --cpus 3', { command: 'explore', all: true, markdown: true, cpus: 3 }],
  ['run a --seed 0 --steps 5 --speed 7', { command: 'run', target: 'a', seed: 0, steps: 5, speed: 7 }],
  ['demo', { command: 'demo' }],
  ['demo --speed 9', { command: 'demo', speed: 9 }],
  ['bench', { command: 'bench' }],
  ['watch', { command: 'watch' }],
  ['watch --once --json --seconds 3', { command: 'watch', once: true, json: true, seconds: 3 }],
  ['storm --rate 199', { command: 'storm', rate: 199 }],
  ['bench --json --seconds 3', { command: 'bench', json: true, seconds: 3 }],
];

const refusals: readonly (readonly [words: string, message: RegExp, hint?: RegExp])[] = [
  ['', /^no command$/, /--help/],
  ['explroe a', /^unknown command explroe$/, /^did you mean explore\?$/],
  ['something', /^unknown command something$/, /^commands are explore, run, demo, bench, watch, storm$/],
  ['--cpus 2', /^no command before --cpus$/],
  ['explore', /^which mechanism\?$/, /--list/],
  ['run', /^which mechanism\?$/],
  ['explore a b', /^unexpected b: /],
  ['explore a --list', /^unexpected a: --list stands alone$/],
  ['explore a --all', /^unexpected a: --all explores every mechanism$/],
  ['demo a', /^unexpected a: /],
  ['bench a', /^unexpected a: xcall bench takes no more$/],
  ['watch a', /^unexpected a: xcall watch takes no more$/],
  ['watch --seconds 1.5', /^--seconds 1\.5: a whole number from 1 to 3600 is needed$/],
  ['watch --cpus 2', /^--cpus does not go with xcall watch$/],
  ['watch --onec', /^unknown flag --onec$/, /^did you mean --once\?$/],
  ['bench --once', /^--once does not go with xcall bench$/, /^it goes with xcall watch$/],
  ['storm --rate 5000', /^--rate 5000: a whole number from 10 to 4999 is needed$/],
  ['bench --seconds 0', /^--seconds 0: a whole number from 1 to 3600 is needed$/],
  ['bench --cpus 2', /^--cpus does not go with xcall bench$/],
  ['explore a --cpu 2', /^unknown flag --cpu$/, /^did you mean --cpus\?$/],
  ['explore a -x', /^unknown flag -x$/, /xcall explore --help/],
  ['explore a --seed 1', /^--seed does not go with xcall explore$/, /^it goes with xcall run$/],
  ['run a --json', /^--json does not go with xcall run$/],
  ['explore a --json=1', /^--json takes no value$/],
  ['explore a --cpus', /^--cpus needs a value: --cpus N$/],
  ['explore a --with=', /^--with needs a value: --with A,B$/],
  ['explore a --cpus two', /^--cpus two: a whole number from 1 to 31 is needed$/],
  ['explore a --cpus 0', /^--cpus 0: /],
  ['explore a --cpus 1e1', /^--cpus 1e1: /],
  ['explore a --cpus -1', /^--cpus -1: /],
  ['explore a --max-states 2.5', /^--max-states 2\.5: /],
  ['explore a --max-states 99999999999', /^--max-states 99999999999: /],
  ['run a --seed 4294967296', /^--seed 4294967296: /],
  ['run a --speed 0', /^--speed 0: /],
  ['explore a --memory pso', /^--memory pso is not known$/, /^--memory takes sc or tso$/],
  ['explore a --stop-at deadlock', /^--stop-at deadlock is not known$/, /^--stop-at takes contract$/],
  ['explore --list --all', /^--list and --all do not go together$/],
  ['explore a --markdown', /^--markdown goes with --all$/],
  ['explore --all --markdown --json', /^--markdown and --json do not go together$/],
  ['explore --all --with a', /--with does not go with it$/],
  ['explore --all --property a', /--property does not go with it$/],
];

const parse = (words: string): XcallArguments => parseArguments(words === '' ? [] : words.split(' '));

function failureOf(act: () => unknown): UsageError {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseArguments', () => {
  it.each(rows)('%s', (words, expected) => {
    expect(parse(words)).toEqual({ ...nothing, ...expected });
  });

  for (const [words, message, hint] of refusals) {
    it(`refuses "${words}"`, () => {
      const failure = failureOf(() => parse(words));
      expect(failure.message).toMatch(message);
      if (hint !== undefined) expect(failure.hint).toMatch(hint);
    });
  }

  it('takes a property with blanks and commas as one', () => {
    expect(parseArguments(['explore', 'a', '--property', 'no a, and no b']).properties).toEqual(['no a, and no b']);
  });
});

describe('the usage texts', () => {
  const names = Object.keys(commands) as Command[];

  it('name every command, and each its own flags', () => {
    for (const name of names) {
      expect(usageText()).toContain(`xcall ${name}`);
      const shown = [...commandUsageText(name).matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
      expect(shown).toEqual(flags.filter((flag) => flag.commands.includes(name)).map((flag) => flag.name));
    }
  });

  it('keep within 100 characters a line', () => {
    const lines = [usageText(), ...names.map(commandUsageText)].join('\n').split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });
});
