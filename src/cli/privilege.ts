/** What to tell a user who may not trace: why, and the command that may. */

import type { PrivilegeError } from '../bpf/loader/errors.js';
import { errnoText } from '../sys/index.js';

/** This process, as far as the advice depends on it. */
export interface CommandLine {
  /** The absolute path of node: often not on root's PATH. */
  readonly execPath: string;
  /** As `process.argv`: node, the script, the arguments. */
  readonly argv: readonly string[];
  /** Whether the effective user is root. */
  readonly root: boolean;
}

/** The command line of this process. */
export const thisCommandLine = (): CommandLine => ({
  execPath: process.execPath,
  argv: process.argv,
  root: process.geteuid?.() === 0,
});

const quoted = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** This command, ready to paste, with other arguments. */
const command = ({ execPath, argv }: CommandLine, words: readonly string[]): string =>
  [execPath, ...argv.slice(1, 2), ...words].map(quoted).join(' ');

/** The command that does the same as root, ready to paste; `others` instead of the arguments of this process. */
export const commandAsRoot = (
  commandLine: CommandLine,
  others: readonly string[] = commandLine.argv.slice(2),
): string => `sudo ${command(commandLine, others)}`;

/**
 * The message, without `dtrace: `, for a system call that was refused for want of privileges. It ends with what to do,
 * and names `dtrace --doctor`.
 */
export const describePrivilegeError = (
  { call, errno, code }: Pick<PrivilegeError, 'call' | 'errno' | 'code'>,
  commandLine: CommandLine,
): string => {
  const what = `failed to initialize dtrace: ${call}: ${errnoText(errno)} (${code})`;
  return commandLine.root
    ? `${what}; root may not do this here (a container, lockdown, or a capability taken away): \`${command(commandLine, ['--doctor'])}\` shows what is missing`
    : `${what}; run as root: ${commandAsRoot(commandLine)}\n    hint: \`dtrace --doctor\` shows what is missing, CAP_BPF and CAP_PERFMON are enough`;
};
