/** One run of dtrace(1) after its arguments are known: compile, list or enable, trace to the end. */

import { readFileSync } from 'node:fs';
import { disassemble } from '../bpf/assembly/disassembler.js';
import {
  allProviders,
  type CheckEnvironment,
  compileTexts,
  createConsumer,
  createProbeRegistry,
  type DifProgram,
  type Enabling,
  matchDescription,
  type Options,
  Output,
  openOutput,
  openSession,
  type ProbeRegistry,
  parseTexts,
  planEnabling,
  printDif,
  runningKernel,
  type Session,
  type Source,
  shapeOf,
  thisMachine,
} from '../index.js';
import type { DtraceArguments } from './arguments/arguments.js';
import { CommandError } from './command-error.js';
import { watchInterrupts } from './interrupts.js';
import { listProbes } from './list.js';
import { settleOptions } from './settle-options.js';
import { stabilityReport } from './stability.js';
import { createTargets, type Targets } from './targets/targets.js';
import { titleOf } from './title.js';

/** How the messages of a run look; a pragma may still change it. */
export interface MessageStyle {
  /** The option `errtags`. */
  errorTags: boolean;
}

/** Runs dtrace; gives its exit status. Throws the typed errors of every layer, which `main` writes in the `style`. */
export async function trace(given: DtraceArguments, style: MessageStyle): Promise<number> {
  const texts = parseTexts(given.programs.map(readSource));
  const options = settleOptions(given, texts);
  style.errorTags = options.errtags;
  const registry = createProbeRegistry(allProviders);
  if (given.list) return listProbes(registry, texts, given.verbose || options.verbose);

  const targets = createTargets(given.targets);
  try {
    const { check, matched } = checkEnvironment(given, options, registry, targets);
    const program = compileTexts(texts, check);
    if (!options.quiet) announce(options, matched);
    if (given.verbose || options.verbose) process.stdout.write(stabilityReport(program, texts, registry));
    if (given.compileOnly && !given.disassemble) return 0;

    const kernel = runningKernel();
    const machine = thisMachine();
    const enabling = planEnabling(program, registry, kernel, (nesting) => shapeOf(options, nesting, machine));
    if (given.disassemble) process.stdout.write(showProgram(program, enabling));
    if (given.compileOnly) return 0;
    const session = openSession(enabling, kernel, {
      cleanrate: options.cleanrate,
      ...(options.destructive ? { deadman: 'off' } : {}),
    });
    try {
      await targets.ready();
      return await run(session, options, given, targets);
    } finally {
      session.close();
    }
  } finally {
    targets.close();
  }
}

const fileErrors: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
};

function readSource(program: DtraceArguments['programs'][number]): Source {
  if (program.origin !== 'script') return { name: program.text, origin: program.origin, text: program.text };
  try {
    return {
      name: program.path,
      origin: 'script',
      text: readFileSync(program.path === '-' ? 0 : program.path, 'utf8'),
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(`failed to open ${program.path}: ${fileErrors[code ?? ''] ?? message}`);
  }
}

/** What the checker is to know, and how many probes each text has matched, counted while it asks. */
function checkEnvironment(
  given: DtraceArguments,
  options: Options,
  registry: ProbeRegistry,
  targets: Targets,
): { readonly check: CheckEnvironment; readonly matched: ReadonlyMap<Source, number> } {
  const matched = new Map<Source, number>();
  const macros = new Map<string, bigint | string>(targets.macros);
  for (const [index, argument] of given.macroArguments.entries()) macros.set(String(index + 1), argument);
  const check: CheckEnvironment = {
    stringSize: options.strsize,
    stackFrames: options.stackframes,
    maximumFrames: options.maxframes,
    nameBounds: {
      probeprov: registry.longest('provider') + 1,
      probemod: registry.longest('module') + 1,
      probefunc: registry.longest('function') + 1,
    },
    macros,
    defaultArguments: options.defaultargs,
    allowZeroMatches: options.zdefs,
    allowEmpty: options.empty,
    matchProbes: (description) => {
      const match = matchDescription(registry, description);
      const { source } = description.span;
      matched.set(source, (matched.get(source) ?? 0) + match.probes);
      return match;
    },
  };
  return { check, matched };
}

/** `dtrace: script 'x.d' matched 3 probes`, on standard error. */
function announce(options: Options, matched: ReadonlyMap<Source, number>): void {
  for (const [source, count] of matched) {
    const { kind, name } = titleOf(source);
    process.stderr.write(`dtrace: ${kind} '${name}' matched ${count} probe${count === 1 ? '' : 's'}\n`);
  }
  if (options.destructive) process.stderr.write('dtrace: allowing destructive actions\n');
}

function showProgram(program: DifProgram, { sites }: Enabling): string {
  const programs = sites.map(({ spec }) => `\nprogram ${spec.name} (${spec.kind.type})\n${disassemble(spec.items)}`);
  return `${printDif(program)}${programs.join('')}\n`;
}

/** Traces until exit(), an interrupt, or the end of every process of -c and -p. */
async function run(session: Session, options: Options, given: DtraceArguments, targets: Targets): Promise<number> {
  const output = given.output === undefined ? new Output(1) : openOutput(given.output);
  const testing = process.env['_DTRACE_TESTING'] !== undefined;
  const sink = {
    append: (bytes: string) => output.append(bytes),
    flush: () => output.flush(),
    message: (text: string) => {
      process.stderr.write(`${text}\n`);
    },
  };
  const interrupts = watchInterrupts();
  targets.onEnd(() => interrupts.wake());
  try {
    session.go();
    targets.release();
    const consumer = createConsumer(session, { ...options, testing }, sink);
    let pause = consumer.work();
    while (!session.draining && !interrupts.seen && !targets.ended) {
      await interrupts.sleep(pause);
      pause = consumer.work();
    }
    if (interrupts.seen && !testing) sink.append('\n');
    if (!options.quiet) for (const ending of targets.endings()) sink.message(`dtrace: ${ending}`);
    consumer.finish();
    return session.control.exitStatus();
  } finally {
    interrupts.close();
    output.close();
  }
}
