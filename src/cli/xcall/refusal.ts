/** What `xcall bench`, `watch` and `storm` say where they cannot go on. */

import { PrivilegeError, UnsupportedFeatureError } from '../../bpf/loader/errors.js';
import { UnresponsiveError } from '../../session/cyclics.js';
import { errnoText, LimitError, NativeCallError, SystemCallError } from '../../sys/index.js';
import { MailboxError } from '../../xcall/mailbox/thread.js';
import { SyncError } from '../../xcall/sync.js';
import { type CommandLine, commandAsRoot } from '../privilege.js';
import { MeasurementError } from './bench/measurement-error.js';

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
