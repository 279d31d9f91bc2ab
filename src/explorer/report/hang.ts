/** Where the CPUs of a machine stand that has come to a halt, and what each waits for. */

import type { CpuPicture, FramePicture, Picture } from '../exploration.js';

/** A line or more for each CPU; those that are not stuck can go on. */
export const hangLines = (picture: Picture, stuck: readonly number[]): readonly string[] =>
  picture.cpus.flatMap((cpu) =>
    cpuLines(cpu, stuck.includes(cpu.cpu) ? 'hangs' : 'can go on').map((line) => `  ${line}`),
  );

/** A CPU, with its frames from the task upwards, and its other tasks; `hangs` is what is said of one that has not finished. */
export function cpuLines(cpu: CpuPicture, hangs = 'hangs'): readonly string[] {
  const head = `CPU ${cpu.cpu} ${[cpu.finished ? 'has finished' : hangs, ...stateOf(cpu)].join('; ')}`;
  if (cpu.finished) return [head];
  const top = cpu.frames.length - 1;
  return [
    head,
    ...cpu.frames.map((frame, index) => `  ${frameText(frame, index === top ? 'next' : 'interrupted before')}`),
    ...cpu.otherTasks.map((task) => `  ${frameText(task, 'switched away before')}`),
  ];
}

function stateOf({ interrupts, level, pending, storeBuffer }: CpuPicture): readonly string[] {
  return [
    ...(interrupts ? [] : ['interrupts off']),
    ...(level === 0 ? [] : [`level ${level}`]),
    ...(pending.length === 0 ? [] : [`pending ${pending.join(', ')}`]),
    ...(storeBuffer.length === 0
      ? []
      : [`not yet in memory ${storeBuffer.map(([place, value]) => `${place}=${value}`).join(', ')}`]),
  ];
}

/** A frame: what it is, where it stands, and what it waits for, or otherwise `standing` (and the next step). */
export function frameText({ frame, routine, step, waitsFor }: FramePicture, standing: string): string {
  const where = routine === '' ? frame : `${frame}, ${routine}`;
  if (step === 'ended') return `${where}: has ended`;
  if (waitsFor === undefined) return `${where}: ${standing} '${step}'`;
  const places = Object.entries(waitsFor).map(([place, value]) => `${place}, which is ${value}`);
  return `${where}: waits in '${step}' for ${places.join(', or ')}`;
}
