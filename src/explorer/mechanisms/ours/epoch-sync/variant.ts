/** What each way to ask brings to the tasks of `epoch-sync`. */

import { add, self, value } from '../../../model/expression.js';
import type { Setting } from '../../../model/mechanism.js';
import type { StepList } from '../../../model/step.js';
import { atomic, fence, jump, label, store } from '../../../model/steps.js';
import { at, shared, type Variable } from '../../../model/variable.js';
import {
  type Asking,
  byCrossCall,
  byExitCount,
  byPolledWord,
  fromAfar,
  inlineOnOwnCpu,
  pollingIdle,
  skippingIdle,
} from './ask.js';
import { callingWhoIsListed, callingWhoIsOnline, goAndCome, hotplugMemory, readList } from './hotplug.js';
import type { World } from './world.js';

/** The CPU of the consumer, and the one on which most happens: it ticks, is preempted, fires for ever, goes and comes. */
export const own = 0;
export const busy = 1;

/** What a variant adds to the tasks that fire, and to the consumer. */
export interface Variant {
  readonly asking: Asking;
  /** Variables beyond those of the asking. */
  readonly variables: readonly Variable[];
  /** Before the first sync. */
  readonly prepare: StepList;
  /** What the task of a CPU does, made of its firing. */
  readonly task: (fire: StepList, cpu: number) => StepList;
  /** What every firing does at its end. */
  readonly exit: StepList;
}

/** How the options have the consumer ask, and what they add to tasks; where `endless`, CPU `busy` fires for ever. */
export function variantOf({ options: told, cpus }: Setting, world: World, endless: boolean): Variant {
  const call = byCrossCall(world);
  const often = (fire: StepList, cpu: number): StepList =>
    endless && cpu === busy ? [label('for ever'), fire, fence('leave the kernel'), jump('for ever')] : fire;
  const plain: Variant = { asking: call, variables: [], prepare: [], task: often, exit: [] };
  if (told.has('no-ipi')) return { ...plain, asking: fromAfar(world) };
  if (told.has('own-cpu-inline')) return { ...plain, asking: inlineOnOwnCpu(call, world, own) };
  if (told.has('skip-idle')) {
    const idle = shared('idle', { size: cpus, max: 1, initial: 1 });
    const working = (fire: StepList): StepList => [
      store('leave idle', at(idle, self), 0),
      fire,
      store('go idle', at(idle, self), 1),
    ];
    return { ...plain, asking: skippingIdle(call, idle, own), task: (fire) => working(fire) };
  }
  if (told.has('exit-count-only')) {
    const exits = shared('exits', { size: cpus, max: 4 });
    return {
      ...plain,
      asking: byExitCount(call, exits),
      exit: [atomic('count the exit', at(exits, self), add(value, 1))],
    };
  }
  if (told.has('idle-polled')) {
    const requests = shared('asked', { size: cpus, max: 1 });
    return {
      ...plain,
      asking: byPolledWord(call, requests, own),
      task: (fire) => [fire, pollingIdle(call, requests)],
    };
  }
  if (told.has('hotplug')) {
    const hotplug = hotplugMemory(cpus);
    const asking = callingWhoIsOnline(call, hotplug);
    const listed = told.has('cached-list');
    return {
      ...plain,
      asking: listed ? callingWhoIsListed(asking) : asking,
      prepare: listed ? readList(hotplug) : [],
      task: (fire, cpu) => (cpu === busy ? [fire, goAndCome(hotplug), fire] : fire),
    };
  }
  return plain;
}
