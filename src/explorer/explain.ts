/** The sentence that ends a report. */

import type { CpuPicture, Exploration } from './exploration.js';

/** Bounds in words, with what to do about them. */
const bounds: Readonly<Record<string, string>> = {
  states: 'the bound of states was reached (--max-states)',
  memory: 'memory was at its end',
  stopped: 'it was stopped',
  frames: 'an interrupt found no room on the stack of frames that the model declares (frames)',
  'store-buffer': 'a store found no room in the store buffer that the model declares (storeBuffer)',
};

/** Says in one sentence what went wrong, what was proven, or which bound was reached. */
export function explain(result: Omit<Exploration, 'explanation'>, reached: readonly string[]): string {
  const { verdict, property, properties, states, end, trace, cycle } = result;
  const steps = `${trace.length} transition${trace.length === 1 ? '' : 's'}`;
  switch (verdict) {
    case 'safe':
      return `Safe: in all ${states} states ${proven(properties)}.`;
    case 'incomplete':
      return `Incomplete: ${reached.map((bound) => bounds[bound] ?? bound).join(', and ')}; nothing was refuted in ${states} states.`;
    case 'violated':
      return cycle.length > 0
        ? `Violated: "${property}" need never come true: after ${steps} a cycle of ${cycle.length} can go on for ever.`
        : `Violated: "${property}" does not hold after ${steps}.`;
    case 'livelock':
      return `Livelock: after ${steps} a cycle of ${cycle.length} can go on for ever, and nothing gets on.`;
    case 'contract': {
      const last = trace.at(-1);
      return `Contract: CPU ${last?.cpu} breaks the rule ${last?.breaches.join(', ')} at "${last?.step}" after ${steps}.`;
    }
    case 'deadlock': {
      const stuck = (end?.cpus ?? []).filter(({ cpu }) => result.stuck.includes(cpu)).map(waiting);
      const scope = result.scope === 'total' ? 'no CPU can ever move again' : 'some CPUs can never move again';
      return `Deadlock: after ${steps} ${scope}: ${stuck.join('; ')}.`;
    }
  }
}

function proven(properties: readonly string[]): string {
  if (properties.length === 0) return 'no CPU hangs';
  return `no CPU hangs, and ${properties.map((name) => `"${name}"`).join(', ')} ${properties.length === 1 ? 'holds' : 'hold'}`;
}

function waiting({ cpu, frames, otherTasks, interrupts, pending }: CpuPicture): string {
  const top =
    [...frames].reverse().find(({ step }) => step !== 'ended') ?? otherTasks.find(({ step }) => step !== 'ended');
  if (top === undefined) return `CPU ${cpu} cannot return`;
  const polled = Object.entries(top.waitsFor ?? {}).map(([place, value]) => `${place} is ${value}`);
  const masked =
    pending.length > 0 ? `, with ${pending.join(' and ')} pending${interrupts ? '' : ' and interrupts off'}` : '';
  return `CPU ${cpu} (${top.frame}) is at "${top.step}"${polled.length === 0 ? '' : ` where ${polled.join(' and ')}`}${masked}`;
}
