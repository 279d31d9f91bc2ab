import { describe, expect, it } from 'vitest';
import {
  applyOptions,
  defaultOptions,
  environmentOptions,
  OptionError,
  type OptionName,
  type OptionOrigin,
  optionTable,
  parseOption,
  splitOption,
} from '../../src/session/options/options.js';

const fromX: OptionOrigin = { kind: '-x' };

const refusal = (run: () => unknown): OptionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('the option table', () => {
  it('has every option that the reference lists', () => {
    const names =
      'amin argref core cpp cppargs ctypes defaultargs define destructive empty errtags evaltime flowindent incdir ' +
      'knodefs ldpath libdir linkmode nolibs pspec quiet stdc strip tree undef unodefs verbose version zdefs ' +
      'aggsize bufpolicy bufresize bufsize cleanrate cpu dynvarsize jstackframes jstackstrsize maxframes nspec ' +
      'scratchsize specsize stackframes statusrate strsize ustackframes ' +
      'aggrate aggsortkey aggsortkeypos aggsortpos aggsortrev rawbytes stackindent switchrate droptags';
    expect(names.split(' ').filter((name) => !Object.hasOwn(optionTable, name))).toEqual([]);
    expect(parseOption('udefs', undefined, fromX)).toEqual({ option: 'unodefs', value: false });
    expect(parseOption('kdefs', undefined, fromX)).toEqual({ option: 'knodefs', value: false });
  });

  it.each(Object.entries(optionTable))('%s has a default of its own kind and says what it means', (_, row) => {
    const kinds: Record<typeof row.value.kind, readonly string[]> = {
      flag: ['boolean'],
      switch: ['boolean'],
      integer: ['number', 'undefined'],
      size: ['number'],
      rate: ['number'],
      choice: ['string'],
      text: ['undefined'],
      list: ['object'],
    };
    expect(kinds[row.value.kind]).toContain(typeof row.default);
    expect(row.about).not.toBe('');
  });

  it('has the defaults of the guide', () => {
    expect(defaultOptions).toMatchObject({
      ...{ bufsize: 4_194_304, aggsize: 4_194_304, strsize: 256, dynvarsize: 1_048_576, nspec: 1, specsize: 32_768 },
      ...{ switchrate: 1e9, aggrate: 1e9, statusrate: 1e9, cleanrate: 9_900_990 },
      ...{ stackframes: 20, ustackframes: 100, maxframes: 127, jstackframes: 50, jstackstrsize: 512 },
      ...{ bufpolicy: 'switch', bufresize: 'auto', cpu: undefined, stackindent: 14, quiet: false, define: [] },
    });
  });
});

describe('the value of an option', () => {
  it.each<[OptionName, string | undefined, boolean | number | string | undefined]>([
    ['bufsize', '65536', 65_536],
    ['bufsize', '64k', 65_536],
    ['bufsize', '4M', 4_194_304],
    ['bufsize', '2g', 2_147_483_648],
    ['bufsize', '1t', 1_099_511_627_776],
    ['bufsize', '0x10000', 65_536],
    ['bufsize', '010000', 4096],
    ['lockmem', 'unlimited', Number.POSITIVE_INFINITY],
    ['lockmem', '1m', 1_048_576],
    ['switchrate', '10hz', 100_000_000],
    ['switchrate', '3hz', 333_333_333],
    ['switchrate', '0hz', 0],
    ['switchrate', '10', 10],
    ['switchrate', '100ns', 100],
    ['switchrate', '100nsec', 100],
    ['aggrate', '100us', 100_000],
    ['aggrate', '100usec', 100_000],
    ['aggrate', '5ms', 5_000_000],
    ['aggrate', '5MSEC', 5_000_000],
    ['aggrate', '2s', 2_000_000_000],
    ['aggrate', '2sec', 2_000_000_000],
    ['statusrate', '1m', 60_000_000_000],
    ['statusrate', '1min', 60_000_000_000],
    ['statusrate', '1h', 3_600_000_000_000],
    ['statusrate', '1hour', 3_600_000_000_000],
    ['statusrate', '1d', 86_400_000_000_000],
    ['statusrate', '1day', 86_400_000_000_000],
    ['nspec', '4', 4],
    ['nspec', '0x10', 16],
    ['nspec', 'on', 1],
    ['nspec', 'off', undefined],
    ['cpu', '0', 0],
    ['cpu', '', undefined],
    ['quiet', undefined, true],
    ['quiet', 'yes', true],
    ['quiet', 'Enabled', true],
    ['quiet', '0', true],
    ['quiet', 'no', false],
    ['quiet', 'disable', false],
    ['quiet', '', false],
    ['zdefs', undefined, true],
    ['bufpolicy', 'ring', 'ring'],
    ['bufpolicy', 'fill', 'fill'],
    ['bufresize', 'manual', 'manual'],
    ['evaltime', 'main', 'main'],
    ['version', '1.2', '1.2'],
    ['incdir', '/usr/include', '/usr/include'],
  ])('%s=%s is %s', (option, text, value) => {
    expect(parseOption(option, text, fromX)).toEqual({ option, value });
  });

  it.each([
    ['bufsize', undefined, 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['bufsize', '100wombats', 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['bufsize', '-1', 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['bufsize', '9999999999t', 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['bufsize', '1constructor', 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['strsize', '6', 'it takes a number of bytes from 7 to 1048576, as 65536, 64k, 4m or 1g'],
    ['bufsize', 'unlimited', 'it takes a number of bytes of at least 1024, as 65536, 64k, 4m or 1g'],
    ['switchrate', 'fast', 'it takes a rate as 10hz or a time as 100ms'],
    ['switchrate', '10khz', 'it takes a rate as 10hz or a time as 100ms'],
    ['switchrate', undefined, 'it takes a rate as 10hz or a time as 100ms'],
    ['nspec', 'many', 'it takes an integer from 0 to 1024'],
    ['nspec', '1k', 'it takes an integer from 0 to 1024'],
    ['nspec', '1025', 'it takes an integer from 0 to 1024'],
    ['maxframes', '128', 'it takes an integer from 1 to 127'],
    ['quiet', 'maybe', 'it takes no value, or yes or no'],
    ['zdefs', 'yes', 'it takes no value'],
    ['kdefs', 'yes', 'it takes no value'],
    ['bufpolicy', 'rings', 'it takes one of switch, fill, ring'],
    ['version', '', 'it takes a value'],
  ])('%s=%s is refused with what it takes', (option, text, hint) => {
    const error = refusal(() => parseOption(option, text, fromX));
    expect(error.message).toBe(`failed to set -x ${option}: Invalid value for specified option`);
    expect(error.hint).toBe(hint);
  });
});

describe('a setting that is refused', () => {
  it.each<[OptionOrigin, string | undefined, string, string | undefined]>([
    [{ kind: '-x' }, '25', 'failed to set -x bufsise: Invalid option name', undefined],
    [{ kind: 'flag', flag: '-b' }, '25', 'failed to set -b 25: Invalid option name', undefined],
    [{ kind: 'pragma' }, '25', "failed to set option 'bufsise' to '25': Invalid option name", 'D_PRAGMA_OPTSET'],
    [{ kind: 'pragma' }, undefined, "failed to set option 'bufsise': Invalid option name", 'D_PRAGMA_OPTSET'],
    [{ kind: 'setopt' }, '25', 'couldn\'t set option "bufsise" to "25": Invalid option name', undefined],
  ])('by %j names the place as dtrace does', (origin, value, message, tag) => {
    const error = refusal(() => parseOption('bufsise', value, origin));
    expect([error.message, error.tag, error.option]).toEqual([message, tag, 'bufsise']);
  });

  it.each([
    ['bufsise', 'did you mean bufsize?'],
    ['BUFSIZE', 'did you mean bufsize?'],
    ['quite', 'did you mean quiet?'],
    ['wombats', undefined],
    ['toString', undefined],
  ])('for the name %s hints %s', (name, hint) => {
    expect(refusal(() => parseOption(name, undefined, fromX)).hint).toBe(hint);
  });

  it('is one of the preprocessor from within a program', () => {
    for (const kind of ['pragma', 'setopt'] as const) {
      expect(refusal(() => parseOption('define', 'X', { kind })).message).toContain(
        ': Option cannot be used from within a D program',
      );
    }
    expect(parseOption('define', 'X', fromX).value).toBe('X');
  });

  it('is one that is not dynamic while tracing', () => {
    const setopt: OptionOrigin = { kind: 'setopt' };
    expect(refusal(() => parseOption('bufsize', '8m', setopt)).message).toBe(
      'couldn\'t set option "bufsize" to "8m": Operation illegal when tracing is active',
    );
    expect(parseOption('switchrate', '5hz', setopt).value).toBe(200_000_000);
    expect(parseOption('quiet', undefined, setopt).value).toBe(true);
  });
});

describe('settings', () => {
  it('are applied in turn, the last one winning, lists growing', () => {
    const texts = [
      'bufsize=1m',
      'quiet',
      'define=A',
      'bufsize=2m',
      'define=B=1',
      'nspec=7',
      'nspec=off',
      'unodefs',
      'udefs',
    ];
    const settings = texts.map((text) => {
      const { name, value } = splitOption(text);
      return parseOption(name, value, fromX);
    });
    const options = applyOptions(defaultOptions, settings);
    expect(options).toEqual({ ...defaultOptions, bufsize: 2_097_152, quiet: true, define: ['A', 'B=1'] });
    expect(defaultOptions.bufsize).toBe(4_194_304);
  });

  it('are read from the environment by their upper-case names', () => {
    const environment = {
      DTRACE_OPT_BUFSIZE: '8m',
      DTRACE_OPT_QUIET: '',
      DTRACE_OPT_ZDEFS: '1',
      DTRACE_OPT_KDEFS: '',
      PATH: '/',
    };
    expect(environmentOptions(environment)).toEqual([
      { option: 'zdefs', value: true },
      { option: 'bufsize', value: 8_388_608 },
      { option: 'quiet', value: false },
      { option: 'knodefs', value: false },
    ]);
    expect(environmentOptions({ DTRACE_OPT_WOMBATS: '1', DTRACE_OPT_quiet: '1' })).toEqual([]);
  });

  it('of the environment are refused by the name of the variable', () => {
    expect(refusal(() => environmentOptions({ DTRACE_OPT_BUFSIZE: 'big' })).message).toBe(
      'failed to set DTRACE_OPT_BUFSIZE: Invalid value for specified option',
    );
  });

  it.each([
    ['quiet', { name: 'quiet', value: undefined }],
    ['bufsize=4m', { name: 'bufsize', value: '4m' }],
    ['define=A=1', { name: 'define', value: 'A=1' }],
    ['version=', { name: 'version', value: '' }],
  ])('%s splits at the first =', (text, expected) => {
    expect(splitOption(text)).toEqual(expected);
  });
});
