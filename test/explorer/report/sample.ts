/** Explorations made up for the tests of reports: a consumer that calls, a timer that interrupts it. */

import type { CpuPicture, Exploration, FramePicture, TraceEntry } from '../../../src/explorer/exploration.js';

/** An entry; a step of the task `caller` on CPU 0 unless told. */
export const entry = (step: string, rest: Partial<TraceEntry> = {}): TraceEntry => ({
  cpu: 0,
  kind: 'step',
  frame: 'task caller',
  depth: 0,
  routine: 'call_others',
  step,
  reads: {},
  writes: {},
  breaches: [],
  broken: [],
  ...rest,
});

const timer = { frame: 'hardirq timer', depth: 1, routine: 'tick' } as const;
const other = { cpu: 1, frame: 'task other', routine: 'work' } as const;

/** A frame that stands at a step. */
export const framePicture = (frame: string, step: string, rest: Partial<FramePicture> = {}): FramePicture => ({
  frame,
  routine: 'call_others',
  step,
  waitsFor: undefined,
  locals: {},
  ...rest,
});

/** A CPU that has finished, unless told. */
export const cpuPicture = (cpu: number, rest: Partial<CpuPicture> = {}): CpuPicture => ({
  cpu,
  finished: true,
  frames: [],
  otherTasks: [],
  interrupts: true,
  level: 0,
  pending: [],
  storeBuffer: [],
  ...rest,
});

/** A machine that hangs: every kind of entry occurs. */
export const deadlock: Exploration = {
  mechanism: 'sample-call',
  cpus: 2,
  options: ['irqs-off'],
  memory: 'tso',
  verdict: 'deadlock',
  scope: 'partial',
  stuck: [0],
  property: null,
  properties: ['each call is answered'],
  contract: [{ rule: 'interrupts-enabled', cpu: 0, step: 'tick / call function' }],
  states: 12_345,
  transitions: 23_456,
  depth: 11,
  seconds: 1.26,
  trace: [
    entry('disable preemption'),
    entry('take the descriptor', { reads: { 'busy[1]': 0 }, writes: { 'busy[1]': 1, holder: 0 } }),
    entry('fetch work', { ...other, reads: { work: 0 } }),
    entry('timer 0 fires', { kind: 'fire', frame: 'outside', routine: '', writes: { fired: 1 } }),
    entry('hardirq timer interrupts task caller', { ...timer, kind: 'deliver' }),
    entry('call function', { ...timer, breaches: ['interrupts-enabled'], broken: ['each call is answered'] }),
    entry('wait for the descriptor that was left to somebody else', { ...timer, reads: { 'busy[1]': 1 } }),
    entry('busy[1] becomes visible', { kind: 'drain', frame: 'store buffer', depth: 0, routine: '' }),
    entry('ipi 1 fires', { cpu: 1, kind: 'fire', frame: 'outside', routine: '' }),
    entry('hardirq ipi interrupts task other', {
      cpu: 1,
      kind: 'deliver',
      frame: 'hardirq ipi',
      depth: 1,
      routine: 'answer',
    }),
    entry('hardirq ipi returns', { cpu: 1, kind: 'return', frame: 'hardirq ipi', depth: 1, routine: 'answer' }),
    entry('switch to task idle', { cpu: 1, kind: 'switch', frame: 'task idle', routine: '' }),
    entry('look for work', { cpu: 1, frame: 'task idle', routine: 'idle_loop', reads: { work: 0 } }),
  ],
  cycle: [],
  end: {
    cpus: [
      cpuPicture(0, {
        finished: false,
        interrupts: false,
        level: 5,
        pending: ['ipi', 'timer'],
        storeBuffer: [
          ['work', 1],
          ['work', 2],
        ],
        frames: [
          framePicture('task caller', 'send'),
          framePicture('hardirq timer', 'wait for the descriptor', {
            routine: 'tick',
            waitsFor: { 'busy[0]': 2, 'busy[1]': 1 },
          }),
        ],
        otherTasks: [framePicture('task server', 'sleep'), framePicture('task done', 'ended')],
      }),
      cpuPicture(1),
    ],
    memory: { 'busy[0]': 2, 'busy[1]': 1 },
  },
  explanation: 'CPU 0 waits in tick for a descriptor that only the task it interrupted can free.',
};

/** A cycle that goes on for ever. */
export const livelock: Exploration = {
  ...deadlock,
  verdict: 'livelock',
  scope: undefined,
  contract: [],
  trace: deadlock.trace.slice(0, 2),
  cycle: [entry('try again', { ...other, reads: { work: 1 } }), entry('give up', { ...other, writes: { work: 0 } })],
  end: undefined,
  explanation: 'CPU 1 tries again and again.',
};

/** A property that does not hold. */
export const violation: Exploration = {
  ...deadlock,
  options: [],
  memory: 'sc',
  verdict: 'violated',
  scope: undefined,
  property: 'each call | is answered',
  properties: ['each call | is answered', 'no two owners'],
  contract: [],
  trace: deadlock.trace.slice(0, 3),
  explanation: 'each call is answered does not hold after 3 transitions.',
};

/** Nothing was refuted. */
export const safe: Exploration = {
  ...deadlock,
  verdict: 'safe',
  scope: undefined,
  contract: [],
  states: 1,
  trace: [],
  end: undefined,
  explanation: 'All of 1 state were seen.',
};
