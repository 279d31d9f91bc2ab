/** The scenes of `xcall demo`: what the author of the 2011 port tried, as he told it, and what came of it. */

import type { MemoryModel } from '../../../explorer/index.js';

/** A question to the explorer, about the mechanism of a scene. */
export interface SceneQuestion {
  /** Options of the mechanism; those of the scene, unless told. */
  readonly options?: readonly string[];
  /** Properties to ask; all, unless told. */
  readonly properties?: readonly string[];
  readonly memory?: MemoryModel;
}

/** A scene. */
export interface Scene {
  readonly title: string;
  /** One sentence: what is seen. */
  readonly sentence: string;
  /** A name of the registry, and options. */
  readonly mechanism: string;
  readonly options: readonly string[];
  /** `hang`: the shortest way to where the explorer refutes it; `run`: one run of the machine. */
  readonly shows: 'hang' | 'run';
  /** Of a run: what is counted at the end, by its place in memory, in words; a run in which all are above 0 is played. */
  readonly tallies?: Readonly<Record<string, string>>;
  readonly questions: readonly SceneQuestion[];
}

/** The scenes, in their order. */
export const scenes: readonly Scene[] = [
  {
    title: 'Linux, from process context',
    sentence: 'A process asks every other CPU to run a function and waits until all have: nothing is in its way.',
    mechanism: 'linux-smp-call',
    options: ['process'],
    shows: 'run',
    questions: [{}],
  },
  {
    title: 'Linux, and a timer interrupts it',
    sentence:
      'DTrace wants to call from a timer interrupt too; it comes in the middle of a call, and the machine hangs.',
    mechanism: 'linux-smp-call',
    options: ['timer-over-process'],
    shows: 'hang',
    questions: [{}],
  },
  {
    title: 'Solaris, the same wish',
    sentence: 'There the call comes through whatever a cyclic interrupts, and who waits serves what others ask of it.',
    mechanism: 'solaris-xcall',
    options: ['sync', 'nested'],
    shows: 'run',
    questions: [{}],
  },
  {
    title: 'The workaround',
    sentence:
      'In an interrupt the call is left out: the machine lives, but ticks are missing, and here they are counted.',
    mechanism: 'dtrace4linux-drop-tick',
    options: ['count-drops'],
    shows: 'run',
    tallies: { ticks_dropped: 'ticks of DTrace are missing' },
    questions: [
      { properties: ['no kernel tick is lost', 'every lost tick is counted'] },
      { properties: ['every DTrace tick fires'] },
    ],
  },
  {
    title: "Linux's handlers wrapped as Solaris has them",
    sentence:
      'If disabling interrupts only set a level, a call would come through and a timer could wait for its answer; ' +
      'but every probe would have to disable them for real.',
    mechanism: 'apic-wrap',
    options: ['soft-mask', 'hard-probes'],
    shows: 'run',
    questions: [{ options: ['soft-mask'] }, {}],
  },
  {
    title: 'What we ship',
    sentence:
      'Probes count themselves, and a process asks each CPU for its count: no interrupt ever waits for another CPU.',
    mechanism: 'epoch-sync',
    options: [],
    shows: 'run',
    questions: [{ memory: 'sc' }, { memory: 'tso' }],
  },
];
