/** What a provider is: it knows probes, and makes sites for the enabled ones. */

import type { MapSpec, ProgramKind } from '../bpf/spec.js';
import type { Activity } from '../d/codegen/memory/layout.js';
import type { Site } from '../d/codegen/site.js';
import type { DType } from '../d/types.js';
import type { Probe, ProbePattern } from './probe.js';

/** A probe before it has an id. */
export type ProbeName = Omit<Probe, 'id'>;

/** An enabled probe and its row in the session's table of probes. */
export interface EnabledProbe {
  readonly probe: Probe;
  readonly row: number;
}

/** How a site comes to run. */
export type Attachment =
  /** The session runs it by BPF_PROG_RUN. */
  | { readonly kind: 'begin' | 'end' | 'error' }
  | { readonly kind: 'typed-raw-tracepoint'; readonly tracepoint: string }
  /** A typed raw tracepoint that timers reach; the session opens the timers and counts what became of their ticks. */
  | { readonly kind: 'timers'; readonly tracepoint: string; readonly timers: readonly Timer[] };

/** A periodic timer of a probe. */
export interface Timer {
  readonly row: number;
  /** Nanoseconds between ticks. */
  readonly period: bigint;
  /** A timer on each CPU, or one timer on some CPU. */
  readonly cpus: 'all' | 'one';
  /** By which the site's program knows the timer (TimerEvent.tag). */
  readonly tag: bigint;
  /** Index of its counters in the map `ticks`. */
  readonly index: number;
}

/** In which contexts a site's program can start running: what can interrupt what follows from it. */
export type InterruptClass = 'task' | 'softirq' | 'hardirq' | 'nmi';

/** One context at least. */
export type InterruptClasses = readonly [InterruptClass, ...InterruptClass[]];

/** A site as its provider plans it; the session adds the clauses. */
export interface SitePlan extends Pick<Site, 'emitArguments' | 'emitPreamble'> {
  readonly name: string;
  readonly kind: ProgramKind;
  readonly activity: Activity;
  /** Every context that the site's program can start in; another of them can come in between. */
  readonly interrupts: InterruptClasses;
  readonly attachment: Attachment;
  readonly probes: readonly EnabledProbe[];
  /** Frames of the stack that an argument walks at most, the tracer's own left out; left out, none does. */
  readonly walkedFrames?: number;
  /** Maps of the site's own, for a number of CPU slots. */
  maps(slots: number): readonly MapSpec[];
}

/** What is enabled is more than a provider can do. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
}

/** A provider. */
export interface Provider {
  readonly name: string;
  /** Every probe that exists without being asked for. */
  probes(): readonly ProbeName[];
  /** Probes that come into being when a description names them, as `profile-123` does; undefined if it names none. */
  provide?(pattern: ProbePattern): ProbeName | undefined;
  /**
   * Why probes that `pattern` selects do not exist on this machine, for whoever asks for them; undefined where the
   * provider has no such probes anywhere.
   */
  whyNone?(pattern: ProbePattern): string | undefined;
  /**
   * The types of the arguments of one of its probes, from `arg0` on, ten at most, integers and pointers: what `args[]` holds
   * and `dtrace -lv` lists. Left out where no probe has any.
   */
  argumentTypes?(probe: ProbeName): readonly DType[];
  /** What a probe without types has in the place of `args[]`, as a hint; undefined where it has nothing. */
  instead?(probe: ProbeName): string | undefined;
  /** The sites for probes of this provider. */
  plan(enabled: readonly EnabledProbe[]): readonly SitePlan[];
}
