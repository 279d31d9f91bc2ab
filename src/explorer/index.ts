/**
 * The explorer, public as `dtrace-linux/explorer`: write down how CPUs call one another, and get a proof or the
 * shortest counterexample. It needs neither privileges nor Linux. docs/explorer.md teaches it.
 */

export type {
  Breach,
  CpuPicture,
  Exploration,
  FramePicture,
  Picture,
  TraceEntry,
  Verdict,
} from './exploration.js';
export { type ExploreOptions, explore } from './explore.js';
export { mechanisms } from './mechanisms/index.js';
export * from './model/error.js';
export * from './model/expression.js';
export * from './model/mechanism.js';
export * from './model/model.js';
export * from './model/step.js';
export * from './model/steps.js';
export * from './model/variable.js';
export { type ExplorationJson, explorationJson, type JsonTraceEntry } from './report/json.js';
export { counted, explorationText } from './report/report.js';
export { type ExploredSetting, settingText, verdictText } from './report/setting.js';
export { type TextOptions, traceText } from './report/trace.js';
export { type VerdictRow, type VerdictSection, verdictSections, verdictTable } from './report/verdicts.js';
export { type RunEvent, type RunnableMachine, type RunOptions, type RunOutcome, type RunWay, run } from './run/run.js';
export { type SimulateOptions, type Simulation, simulate } from './run/simulate.js';
export { outcomeLines, type RunWriter, runWriter } from './run/text.js';
export type { Hang } from './run/watchdog.js';
export type { SearchProgress } from './search/breadth-first.js';
export { settle, type Wanted } from './settle.js';
