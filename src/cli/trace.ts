/** One run of dtrace(1) after its arguments are known: compile, list or enable, trace to the end. */

import { readFileSync } from 'node:fs';
import { disassemble } from '../bpf/disassembler.js';
import {
  allProviders,
  applyOptions,
  type CheckEnvironment,
  compileTexts,
  createConsumer,
  createProbeRegistry,
  type DifProgram,
  defaultOptions,
  type Enabling,
  environmentOptions,

  type OptionSetting,
  type Options,
  openOutput,
  openSession,
  Output,
  type ParsedTexts,
  type ProbeRegistry,
  parseOption,
  parseTexts,
  planEnabling,
  printDif,
  runningKernel,
  type Session,
  type Source,
  shapeOf,
  splitOption,
  thisMachine,
} from '../index.js';
import type { DtraceArguments } from './arguments.js';
import { CommandError } from './command-error.js';
import { listProbes } from './list.js';
import { createTargets, type Targets } from './targets.js';

/** Runs dtrace; gives its exit status. Throws the typed errors of every layer; `main` writes them. */
export async function trace(given: DtraceArguments): Promise<number> {
  const texts = parseTexts(given.programs.map(readSource));
  const options = settleOptions(given, texts);
  const registry = createProbeRegistry(allProviders);
  if (given.list) return listProbes(registry, texts, options);

  const targets = createTargets(given);
  try {
    const environment = checkEnvironment(given, options, registry, targets);
    const program = compileTexts(texts, environment.check);
    if (!options.quiet) announce(given, environment.matched);
    if (given.compileOnly && !given.disassemble) return 0;

    const kernel = runningKernel();
    const machine = thisMachine();
    const enabling = planEnabling(program, registry, kernel, (levels) => shapeOf(options, levels, machine));
    if (given.disassemble) process.stdout.write(showProgram(program, enabling));
    if (given.compileOnly) return 0;
    using session = openSession(enabling, kernel);
    return await run(session, options, given, targets);
  } finally {
    targets.close();
  }
}

function readSource(program: DtraceArguments['programs'][number]): Source {
  if (program.origin !== 'script') return { name: program.origin, origin: program.origin, text: program.text };
  try {
    const path = program.path === '-' ? 0 : program.path;
    return { name: program.path, origin: 'script', text: readFileSync(path, 'utf8') };
  } catch (error) {
    const reason = { ENOENT: 'No such file or directory', EACCES: 'Permission denied', EISDIR: 'Is a directory' }[
      String((error as NodeJS.ErrnoException).code)
    ];
    throw new CommandError(`failed to open ${program.path}: ${reason ?? (error as Error).message}`);
  }
}

/** The environment first, then the command line, then pragmas: the innermost wins. */
function settleOptions(given: DtraceArguments, { optionPragmas }: ParsedTexts): Options {
  const settings: OptionSetting[] = [...environmentOptions(process.env)];
  for (const { name, value, flag } of given.settings) {
    settings.push(parseOption(name, value, flag === undefined ? { kind: '-x' } : { kind: 'flag', flag }));
  }
  for (const pragma of optionPragmas) {
    const { name, value } = splitOption(pragma);
    settings.push(parseOption(name, value, { kind: 'pragma' }));
  }
  return applyOptions(defaultOptions, settings);
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
  const script = given.programs.find((program) => program.origin === 'script');
  macros.set('0', script?.origin === 'script' ? script.path : 'dtrace');
  for (const [index, argument] of given.macroArguments.entries()) macros.set(String(index + 1), argument);
  const check: CheckEnvironment = {
    stringSize: options.strsize,
    macros,
    defaultArguments: options.defaultargs,
    allowZeroMatches: options.zdefs,
    allowEmpty: options.empty,
    matchProbes: (description) => {
      const probes = registry.match(description);
      const { source } = description.span;
      matched.set(source, (matched.get(source) ?? 0) + probes.length);
      return { probes: probes.length, error: probes.some((probe) => probe.id === 3) };
    },
  };
  return { check, matched };
}

/** `dtrace: script 'x.d' matched 3 probes`, on standard error. */
function announce(given: DtraceArguments, matched: ReadonlyMap<Source, number>): void {
  for (const [{ origin, name, text }, count] of matched) {
    const what = origin === 'script' ? 'script' : 'description';
    const shown = origin === 'script' ? name : text.split(/[{/;]/)[0];
    process.stderr.write(`dtrace: ${what} '${shown}' matched ${count} probe${count === 1 ? '' : 's'}\n`);
  }
  if (given.destructive) process.stderr.write('dtrace: allowing destructive actions\n');
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
  targets.onEnd(interrupts.wake);
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
    for (const pid of targets.exited()) if (!options.quiet) sink.message(`dtrace: pid ${pid} has exited`);
    consumer.finish();
    return session.control.exitStatus();
  } finally {
    interrupts.close();
    output.close();
  }
}

/** Signals that end the tracing in order; a second one ends dtrace at once. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Interrupts {
  readonly seen: boolean;
  /** Ends the current sleep. */
  wake(): void;
  sleep(milliseconds: number): Promise<void>;
  close(): void;
}

function watchInterrupts(): Interrupts {
  let seen = false;
  let wake: () => void = () => {};
  const onSignal = (_: NodeJS.Signals, number: number): void => {
    if (seen) process.exit(128 + number);
    seen = true;
    wake();
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  return {
    get seen() {
      return seen;
    },
    wake: () => wake(),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, seen ? 0 : milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    close: () => {
      for (const signal of endingSignals) process.off(signal, onSignal);
    },
  };
}
