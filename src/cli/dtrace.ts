/** The command dtrace: reads its arguments, does what they ask for, and writes what went wrong. */

import { PrivilegeError, UnsupportedFeatureError, VerifierError } from '../bpf/loader/errors.js';
import { CompileError, OptionError, OutputClosedError, renderDiagnostic } from '../index.js';
import { LimitError, limitHint } from '../sys/index.js';
import { MailboxError } from '../xcall/mailbox/thread.js';
import { SyncError } from '../xcall/sync.js';
import { ArgumentError, type DtraceArguments, parseArguments } from './arguments/arguments.js';
import { renderArgumentError, usageText } from './arguments/usage.js';
import { CommandError } from './command-error.js';
import { describePrivilegeError, thisCommandLine } from './privilege.js';
import { type MessageStyle, trace } from './trace.js';
import { versionLine } from './version.js';

/** Status of a run that failed. */
const failed = 1;

/** Runs dtrace with the words after its name; gives the exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const style: MessageStyle = { errorTags: process.env['DTRACE_OPT_ERRTAGS'] !== undefined };
  try {
    const given = parseArguments(argv);
    style.errorTags ||= given.settings.some(({ name }) => name === 'errtags');
    return await run(given, style);
  } catch (error) {
    return report(error, style);
  }
}

async function run(given: DtraceArguments, style: MessageStyle): Promise<number> {
  if (given.help) {
    process.stdout.write(usageText());
    return 0;
  }
  if (given.version) {
    process.stdout.write(`dtrace: ${versionLine()}\n`);
    return 0;
  }
  if (given.doctor) {
    const { doctor } = await import('./doctor.js');
    return doctor({ json: given.json });
  }
  return trace(given, style);
}

function report(error: unknown, { errorTags }: MessageStyle): number {
  const write = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  // Whoever read the output has gone: there is nobody to tell.
  if (error instanceof OutputClosedError) return failed;
  if (error instanceof ArgumentError) {
    process.stderr.write(renderArgumentError(error));
    return error.exitStatus;
  }
  if (error instanceof CompileError) {
    write(renderDiagnostic(error.diagnostic, { errorTags, terminal: process.stderr.isTTY }));
    return failed;
  }
  const hint = hintOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof VerifierError) {
    write(`dtrace: internal error: ${message}`);
    write('    hint: the compiler made a program that the kernel refuses: please report it with the D text');
    return failed;
  }
  if (error instanceof PrivilegeError) {
    write(`dtrace: ${describePrivilegeError(error, thisCommandLine())}`);
    return failed;
  }
  write(`dtrace: ${message}`);
  if (hint !== undefined) write(`    hint: ${hint}`);
  if (error instanceof TypeError || error instanceof RangeError) {
    write('    hint: this is a defect of dtrace-linux: please report it with the D text');
  }
  return failed;
}

/** What to do about an error, where it does not say so itself. */
function hintOf(error: unknown): string | undefined {
  if (error instanceof OptionError || error instanceof CommandError) return error.hint;
  if (error instanceof SyncError || error instanceof MailboxError || error instanceof LimitError) return error.hint;
  if (error instanceof UnsupportedFeatureError) return '`dtrace --doctor` shows what is missing';
  // Files that Node opens: modules, those of /proc.
  return limitHint((error as NodeJS.ErrnoException | undefined)?.code);
}
