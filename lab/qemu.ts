/** One boot of a guest under qemu without hardware help (TCG), from the first instruction to the power switch. */

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CpioEntry, cpioArchive } from './cpio.js';
import { statusIn, troublesIn } from './guest.js';
import { LabError } from './lab-error.js';

/** The machine to boot. */
export interface Machine {
  readonly kernel: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** Emulate the CPUs by turns in one thread of the host, instead of in one each. */
  readonly turns?: boolean;
  /** Further words for the kernel's command line. */
  readonly append: readonly string[];
}

/**
 * `mitigations=off`: an emulated processor has nothing to mitigate, and the code that does it is slow there. No watchdog for
 * hard lockups: it needs counters that the emulation lacks. `panic=-1` ends the guest at once.
 */
const kernelWords = [
  'console=ttyS0,115200',
  'panic=-1',
  'mitigations=off',
  'nmi_watchdog=0',
  'tsc=reliable',
  'rdinit=/init',
];

/** The words of qemu's command line; the kernel's console goes to the file `console`, the command's lines to stdout. */
export const qemuWords = (machine: Machine, initramfs: string, console: string): string[] => [
  ...[
    '-accel',
    `tcg,thread=${machine.turns === true ? 'single' : 'multi'}`,
    '-cpu',
    'max',
    '-smp',
    `${machine.cpus}`,
    '-m',
    `${machine.memory}M`,
  ],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-kernel', machine.kernel, '-initrd', initramfs, '-append', [...kernelWords, ...machine.append].join(' ')],
  ...['-serial', `file:${console}`, '-serial', 'stdio'],
];

/** How a boot ended. */
export interface BootResult {
  /** The command's status; undefined if the guest ended without one. */
  readonly status: number | undefined;
  /** Why there is none. */
  readonly reason: string | undefined;
  /** What the kernel printed. */
  readonly console: string;
  /** Those of its lines that tell of trouble. */
  readonly troubles: readonly string[];
  /** From the start of qemu to its end. */
  readonly seconds: number;
}

/** What to boot and for how long. */
export interface BootOptions {
  readonly machine: Machine;
  readonly files: Iterable<CpioEntry>;
  /** The word that the guest's last line carries. */
  readonly nonce: string;
  /** Seconds until the guest is ended. */
  readonly timeout: number;
  /** Is given each line that the command prints, without its end. */
  readonly onLine: (line: string) => void;
  readonly qemu?: string;
}

function writeArchive(path: string, files: Iterable<CpioEntry>): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of cpioArchive(files)) {
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
    }
  } finally {
    closeSync(file);
  }
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Boots and waits for the end. Whatever happens, qemu and the files made for it are gone afterwards. Throws LabError where
 * this process is told to end, and where qemu cannot be started.
 */
export async function boot(options: BootOptions): Promise<BootResult> {
  const { machine, nonce, timeout, onLine, qemu = 'qemu-system-x86_64' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-lab-'));
  const start = performance.now();
  try {
    const initramfs = join(folder, 'initramfs');
    const console = join(folder, 'console');
    closeSync(openSync(console, 'w'));
    writeArchive(initramfs, options.files);
    const child = spawn(qemu, qemuWords(machine, initramfs, console), { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => {
      child.kill('SIGKILL');
    };
    let told: NodeJS.Signals | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      told = signal;
      end();
    };
    for (const signal of endings) process.on(signal, onSignal);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeout * 1000);
    let status: number | undefined;
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const lines = createInterface({ input: child.stdout.setEncoding('utf8'), crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      const found = statusIn(line, nonce);
      if (found === undefined) onLine(line);
      else status = found;
    });
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', (error) => reject(new LabError(`${qemu} cannot be started: ${error.message}`)));
      child.once('close', (...how) => resolve(how));
    }).finally(() => {
      clearTimeout(timer);
      for (const signal of endings) process.off(signal, onSignal);
    });
    if (told !== undefined) throw new LabError(`ended by ${told}`);
    const log = readFileSync(console, 'utf8');
    return {
      status,
      reason: status === undefined ? reasonOf(timedOut ? timeout : undefined, code, signal, errors) : undefined,
      console: log,
      troubles: troublesIn(log),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reasonOf(seconds: number | undefined, code: number | null, signal: string | null, errors: string): string {
  if (seconds !== undefined) return `it had not ended after ${seconds} s`;
  const said = errors.trim().split('\n').at(-1) ?? '';
  if (code === 0) return 'the guest went down before its command had ended';
  return `qemu ended with ${signal ?? `status ${code}`}${said === '' ? '' : `: ${said}`}`;
}
