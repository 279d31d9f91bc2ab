/** Where options come from, and in which order: the environment, the command line, then pragmas; the last one wins. */

import {
  applyOptions,
  defaultOptions,
  environmentOptions,
  type OptionSetting,
  type Options,
  type ParsedTexts,
  parseOption,
  splitOption,
} from '../index.js';
import type { DtraceArguments } from './arguments/arguments.js';
import { CommandError } from './command-error.js';

/** The options of a run. Throws OptionError, and CommandError for one that this version does not act on yet. */
export function settleOptions(given: DtraceArguments, { optionPragmas }: ParsedTexts): Options {
  const settings: OptionSetting[] = [...environmentOptions(process.env)];
  for (const { name, value, flag } of given.settings) {
    settings.push(parseOption(name, value, flag === undefined ? { kind: '-x' } : { kind: 'flag', flag }));
  }
  for (const pragma of optionPragmas) {
    const { name, value } = splitOption(pragma);
    settings.push(parseOption(name, value, { kind: 'pragma' }));
  }
  const options = applyOptions(defaultOptions, settings);
  refuseUnavailable(options);
  return options;
}

/** Options that would change what is printed or kept, and that nothing acts on yet: refused rather than passed over. */
const pending = [
  'flowindent',
  'cpp',
  'cpphdrs',
  'aggpercpu',
  'cpu',
  'rawbytes',
  'grabanon',
  'tree',
  'disasm',
  'debug',
  'bpflog',
] as const;

function refuseUnavailable(options: Options): void {
  for (const name of pending) {
    if (options[name] !== defaultOptions[name]) {
      throw new CommandError(`option ${name} is not available yet`, 'leave it out');
    }
  }
  if (options.version !== undefined && !/^(1(\.\d+){0,2}|2(\.0){0,2})$/.test(options.version)) {
    throw new CommandError(`version ${options.version} of D is not known`, 'D up to version 2.0 is');
  }
  if (options.bufpolicy !== 'switch') {
    throw new CommandError(`bufpolicy ${options.bufpolicy} is not available yet`, 'use bufpolicy=switch');
  }
}
