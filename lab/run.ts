/** The kernel lab: `npm run lab` (docs/lab.md). */

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabArguments, readArguments, usage } from './arguments.js';
import type { CpioEntry } from './cpio.js';
import { kernelImage, kernelPackage, requireDebian, requireQemu, type Suite, unpacked } from './debian.js';
import { guestFiles } from './guest.js';
import { guestPrograms } from './guest-programs.js';
import { LabError } from './lab-error.js';
import { describeRun, kernels, planRuns, type Run, timeLimit } from './plan.js';
import { type BootResult, boot } from './qemu.js';
import { type CheckResult, readChecks, scriptFor } from './script.js';
import { nodeFiles, projectFiles } from './tree.js';

const root = join(import.meta.dirname, '..');

const say = (line: string): void => console.error(`lab: ${line}`);

const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

/** The kernel's image: a file, or from a package of Debian. */
function findKernel(name: string, suite: Suite): string {
  if (name.includes('/')) {
    if (!existsSync(name)) throw new LabError(`there is no kernel image ${name}`);
    return name;
  }
  const asked = kernels[name] ?? name;
  if (!asked.startsWith('linux-image-')) {
    throw new LabError(
      `there is no kernel "${name}"`,
      `${Object.keys(kernels).join(', ')}, linux-image-..., or a path`,
    );
  }
  requireDebian();
  return kernelImage(unpacked(kernelPackage(asked, suite), suite, say));
}

async function filesOf(command: string, nonce: string): Promise<Iterable<CpioEntry>> {
  requireDebian();
  const busybox = readFileSync(join(unpacked('busybox-static', undefined, say), 'bin/busybox'));
  const programs = await guestPrograms(root);
  return (function* () {
    yield* guestFiles(busybox, nonce, command);
    yield* nodeFiles(root);
    yield* projectFiles(root);
    yield* programs;
  })();
}

const tailLength = 30;

function showConsole({ console: log }: BootResult, lines?: number): void {
  const all = log.trimEnd().split(/\r?\n/);
  console.log(indented(lines === undefined ? all : all.slice(-lines)));
}

/** Says what went wrong with the guest itself; whether anything did. */
function reportGuest(result: BootResult, asked: LabArguments): boolean {
  if (asked.console) showConsole(result);
  if (result.status === undefined) {
    console.log(`  FAILED: ${result.reason}; the end of the kernel's console:`);
    if (!asked.console) showConsole(result, tailLength);
    return true;
  }
  if (result.troubles.length > 0) {
    console.log('  FAILED: the kernel complains:');
    console.log(indented(result.troubles));
    if (!asked.console) say('--console shows the whole of what it prints');
    return true;
  }
  return false;
}

/** Prints a check that has ended. Lines that begin with `figure:` are shown also where it holds. */
function reportCheck({ name, status, lines, seconds }: CheckResult, verbose: boolean): void {
  const word = status === 0 ? 'ok' : 'FAILED';
  console.log(`  ${word.padEnd(7)} ${name.padEnd(12)} ${seconds.toFixed(0).padStart(4)} s`);
  const figures = lines.filter((line) => line.startsWith('figure: ')).map((line) => line.slice('figure: '.length));
  const shown = status !== 0 || verbose ? lines : figures;
  if (shown.length > 0) console.log(indented(shown));
}

/** Boots one machine; gives whether all was well, or the command's status. */
async function doRun(run: Run, asked: LabArguments): Promise<number> {
  const kernel = findKernel(run.kernel, run.suite);
  const nonce = randomBytes(6).toString('hex');
  const { command } = asked;
  const reader = readChecks(
    nonce,
    () => performance.now() / 1000,
    (check) => reportCheck(check, asked.verbose),
  );
  if (command === undefined) console.log(`\n${describeRun(run)}`);
  const result = await boot({
    machine: { ...run, kernel },
    files: await filesOf(command ?? scriptFor(run.checks, nonce), nonce),
    nonce,
    timeout: asked.timeout ?? timeLimit(run),
    onLine: command === undefined ? reader.line : (line) => console.log(line),
  });
  if (command === undefined) {
    for (const check of reader.results) if (check.status === undefined) reportCheck(check, true);
  }
  const broken = reportGuest(result, asked);
  if (command !== undefined) return result.status !== undefined && !broken ? result.status : 1;
  const failed = run.checks.filter(({ name }) => reader.results.find((one) => one.name === name)?.status !== 0);
  const verdict = failed.length === 0 ? 'all hold' : `failed: ${failed.map(({ name }) => name).join(', ')}`;
  console.log(`  ${run.checks.length} checks in ${result.seconds.toFixed(0)} s: ${verdict}`);
  return broken || failed.length > 0 ? 1 : 0;
}

async function main(): Promise<void> {
  const asked = readArguments(process.argv.slice(2));
  if (asked.help) {
    console.log(usage);
    return;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new LabError('the lab boots kernels for x86-64 with what this machine has', 'run it on Linux on x86-64');
  }
  if (!existsSync(join(root, 'dist/bundle/dtrace.js'))) throw new LabError('nothing is built', 'npm run build');
  requireQemu(say);
  for (const run of planRuns(asked)) {
    const status = await doRun(run, asked);
    if (status !== 0) process.exitCode = status;
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
