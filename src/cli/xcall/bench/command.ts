/** `xcall bench`: what cross-calls cost on this machine. It is loaded when it is asked for: it needs koffi. */

import { PrivilegeError, UnsupportedFeatureError } from '../../../bpf/loader/errors.js';
import { UnresponsiveError } from '../../../session/cyclics.js';
import { errnoText, LimitError, NativeCallError, SystemCallError } from '../../../sys/index.js';
import { MailboxError } from '../../../xcall/mailbox/thread.js';
import { SyncError } from '../../../xcall/sync.js';
import { type CommandLine, commandAsRoot, thisCommandLine } from '../../privilege.js';
import type { XcallArguments } from '../arguments.js';
import { outputWidth, print } from '../output.js';
import { measure } from './measure.js';
import { MeasurementError } from './measurement-error.js';
import { progressBar } from './progress-bar.js';
import { benchJson, benchText } from './report.js';

/** Exit status of a machine, or a user, that cannot make cross-calls. */
const impossible = 1;

/** How long it measures unless told, at most. */
export const defaultSeconds = 10;

/** Measures and prints; gives the exit status. */
export function benchCommand({ json, seconds = defaultSeconds }: XcallArguments): number {
  const bar = progressBar(process.stderr);
  try {
    const measured = measure(seconds * 1000, (share, what) => bar.show(share, what));
    bar.clear();
    print(
      json ? `${JSON.stringify(benchJson(measured), undefined, 2)}\n` : benchText(measured, { width: outputWidth() }),
    );
    return 0;
  } catch (error) {
    bar.clear();
    const text = refusalText(error, thisCommandLine());
    if (text === undefined) throw error;
    process.stderr.write(`xcall: ${text}\n`);
    return impossible;
  }
}

/** What to tell where cross-calls cannot be made here, with what to do; undefined for an error of another kind. */
export function refusalText(error: unknown, commandLine: CommandLine): string | undefined {
  if (error instanceof PrivilegeError) {
    const { call, errno, code } = error;
    const hint = commandLine.root
      ? 'root may not do this here (a container, or lockdown): `dtrace --doctor` shows what is missing'
      : `run as root: ${commandAsRoot(commandLine)} (CAP_BPF and CAP_PERFMON are enough)`;
    return `cross-calls are refused: ${call}: ${errnoText(errno)} (${code})\n    hint: ${hint}`;
  }
  const hinted = error instanceof SyncError || error instanceof LimitError || error instanceof MeasurementError;
  if (hinted) return `${error.message}\n    hint: ${error.hint}`;
  if (error instanceof MailboxError)
    return `${error.message}${error.hint === undefined ? '' : `\n    hint: ${error.hint}`}`;
  if (error instanceof UnresponsiveError) {
    return `${error.message}\n    hint: it was stopped, or had no CPU, for ten seconds: nothing has been seen since, start it again`;
  }
  const known =
    error instanceof NativeCallError || error instanceof UnsupportedFeatureError || error instanceof SystemCallError;
  return known ? `${error.message}\n    hint: \`dtrace --doctor\` shows what is missing` : undefined;
}
