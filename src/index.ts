/**
 * dtrace-linux: compile D programs, enable them on the running kernel, consume what they record.
 *
 * Compiling needs no kernel and works on any system; `openSession` loads koffi and needs root or CAP_BPF, CAP_PERFMON.
 */

export { type Consumer, type ConsumerOptions, type ConsumerSink, createConsumer } from './consumer/consumer.js';
export { Output, OutputClosedError, OutputError, openOutput } from './consumer/output.js';
export type { CheckEnvironment } from './d/check/environment.js';
export { compileTexts, type ParsedTexts, parseTexts } from './d/compile.js';
export { CompileError, type Diagnostic, renderDiagnostic } from './d/diagnostic.js';
export { printDif } from './d/dif/print.js';
export type { DifProgram } from './d/dif.js';
export type { Source } from './d/source.js';
export { allProviders } from './providers/index.js';
export { type Probe, type ProbePattern, probeText } from './providers/probe.js';
export { createProbeRegistry, matchDescription, type ProbeRegistry } from './providers/registry.js';
export { UnresponsiveError } from './session/cyclics.js';
export { type EnableOptions, enableText } from './session/enable-text.js';
export { type Enabling, planEnabling } from './session/enabling.js';
export {
  applyOptions,
  defaultOptions,
  environmentOptions,
  OptionError,
  type OptionSetting,
  type Options,
  parseOption,
  splitOption,
} from './session/options/options.js';
export { openSession, type Session, type SessionOptions } from './session/session.js';
export { shapeOf, thisMachine } from './session/shape.js';
export { runningKernel } from './session/target-kernel.js';
