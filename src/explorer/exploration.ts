/** What an exploration gives: the verdict, the shortest way to what refutes it, and what the search cost. */

import type { MemoryModel } from './model/model.js';
import type { Rule } from './model/step.js';

/** See docs/machine.md, Verdicts. */
export type Verdict = 'safe' | 'deadlock' | 'livelock' | 'violated' | 'contract' | 'incomplete';

/** A rule of the kernel that was broken: the first place where the search, or the run, met it. */
export interface Breach {
  readonly rule: Rule;
  readonly cpu: number;
  /** `routine / step`. */
  readonly step: string;
}

/** What happened in one transition. */
export interface TraceEntry {
  /** Which CPU it happened on. */
  readonly cpu: number;
  readonly kind: 'deliver' | 'step' | 'return' | 'drain' | 'switch' | 'fire';
  /** What ran: `task consumer`, `hardirq timer`; `store buffer` for a drain, `outside` for a source that fires. */
  readonly frame: string;
  /** Frames under it: 0 for a task. */
  readonly depth: number;
  /** The routine whose table the step is from; empty where no step was made. */
  readonly routine: string;
  /** What the step does, in words. */
  readonly step: string;
  /** Shared memory read, by place (`lock`, `flags[1]`). */
  readonly reads: Readonly<Record<string, number>>;
  /** Shared memory and ghosts written, by place; a store under TSO is shown where it is made, not where it drains. */
  readonly writes: Readonly<Record<string, number>>;
  /** Rules that the step broke. */
  readonly breaches: readonly Rule[];
  /** Properties that a check of the step found broken. */
  readonly broken: readonly string[];
}

/** A frame of a CPU at one moment, outermost first. */
export interface FramePicture {
  /** `task consumer`, `hardirq timer`. */
  readonly frame: string;
  readonly routine: string;
  /** The next step, or `ended`. */
  readonly step: string;
  /** The next step is a wait, or a locked step with a wait, that cannot go on: the places that it polls with what they hold. */
  readonly waitsFor: Readonly<Record<string, number>> | undefined;
  /** Registers by name. */
  readonly locals: Readonly<Record<string, number>>;
}

/** A CPU at one moment. */
export interface CpuPicture {
  readonly cpu: number;
  /** All its tasks have ended (or rest), and no frame is on the stack. */
  readonly finished: boolean;
  /** The running task (if the CPU has one), then what interrupted it. */
  readonly frames: readonly FramePicture[];
  /** Tasks of this CPU that are not current. */
  readonly otherTasks: readonly FramePicture[];
  /** The interrupt flag. */
  readonly interrupts: boolean;
  readonly level: number;
  /** Pending vectors by name. */
  readonly pending: readonly string[];
  /** Stores that are not yet visible, oldest first: place and value. */
  readonly storeBuffer: readonly (readonly [string, number])[];
}

/** The whole machine at one moment. */
export interface Picture {
  readonly cpus: readonly CpuPicture[];
  /** Every element of every variable, by place. */
  readonly memory: Readonly<Record<string, number>>;
}

/** The result of an exploration. */
export interface Exploration {
  readonly mechanism: string;
  readonly cpus: number;
  /** Options in force, defaults of groups included. */
  readonly options: readonly string[];
  readonly memory: MemoryModel;
  readonly verdict: Verdict;
  /** Of a deadlock: whether every CPU hangs. */
  readonly scope: 'total' | 'partial' | undefined;
  /** Of a deadlock: the CPUs that can never move again. */
  readonly stuck: readonly number[];
  /** The property that was violated. */
  readonly property: string | null;
  /** The properties that were asked. */
  readonly properties: readonly string[];
  /** Breaches of the kernel's rules that the search met, each rule and step once, nearest first. */
  readonly contract: readonly Breach[];
  /** Different states met, the start included. After a refutation: all states of as many transitions as the trace has, or fewer. */
  readonly states: number;
  readonly transitions: number;
  /** Transitions from the start to the farthest state met. */
  readonly depth: number;
  readonly seconds: number;
  /** The shortest way to what refutes it (for a cycle: the way to it); empty where nothing was refuted. */
  readonly trace: readonly TraceEntry[];
  /** Of a livelock: the transitions of a cycle that can go on for ever after the trace. */
  readonly cycle: readonly TraceEntry[];
  /** The machine at the end of the trace. */
  readonly end: Picture | undefined;
  /** One sentence: what went wrong, what was proven, or which bound was reached. */
  readonly explanation: string;
}
