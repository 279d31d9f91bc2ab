import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, vi } from 'vitest';
import { openSession } from '../../src/session/session.js';
import { type HeldObject, heldObjects, holdingsAtRest, openDescriptors, programExists } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { enable, kernel, open, trace } from '../trace.js';

/** A program that needs every kind of object: maps, programs, links, events. */
const everything = `BEGIN { i = 1; } END { i = 2; }
  syscall:::entry, syscall:::return { self->t = vtimestamp; seen[pid] = 1; @[probefunc] = count(); }
  profile-97, tick-10 { @n = count(); }`;

const programsOf = (objects: readonly HeldObject[]): readonly number[] =>
  objects.filter(({ kind }) => kind === 'program').map(({ id }) => id);

/** Those of the programs that do not go. */
const lasting = async (programs: readonly number[]): Promise<readonly number[]> => {
  // The kernel frees them after a grace period.
  for (let tries = 0; tries < 400 && programs.some(programExists); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return programs.filter(programExists);
};

/** The thread of the mailbox's server closes its own descriptors a moment after it has ended. */
const untilOpen = (descriptors: number): Promise<void> =>
  vi.waitFor(() => expect(openDescriptors()).toBe(descriptors), { timeout: 10_000 });

describe('closing a session', () => {
  kernelTest('leaves no program, map, link, event or descriptor', async () => {
    kernel().fieldOffset('task_struct', 'pid');
    // What the first thread of a process leaves, and what makes its code from source, stays for the others.
    open(everything).close();
    const before = heldObjects();
    const { descriptors } = await holdingsAtRest();
    const session = open(everything);
    session.go();
    const made = heldObjects().filter(({ fd }) => !before.some((object) => object.fd === fd));
    expect(new Set(made.map(({ kind }) => kind))).toEqual(new Set(['map', 'program', 'link', 'event']));
    const programs = programsOf(made);
    expect(programs.filter(programExists)).toEqual(programs);
    session.stop(() => {});
    session.close();
    expect(heldObjects()).toEqual(before);
    await untilOpen(descriptors);
    expect(await lasting(programs)).toEqual([]);
  });

  kernelTest('twice, and without going, is fine', async () => {
    const descriptors = openDescriptors();
    const session = open(everything);
    session.close();
    session.close();
    expect(heldObjects()).toEqual([]);
    await untilOpen(descriptors);
  });

  kernelTest('after each place where opening fails leaves nothing', async () => {
    const enabling = enable(everything);
    // The kernel has no tracepoint of this name; everything before it has been made by then.
    const last = enabling.sites.at(-1) ?? expect.unreachable('there are sites');
    const broken = {
      ...last,
      spec: { ...last.spec, kind: { type: 'typed-raw-tracepoint', tracepoint: 'none' } as const },
    };
    const badMap = { name: 'bad', type: 'array', keySize: 4, valueSize: 0, maxEntries: 1 } as const;
    const descriptors = openDescriptors();
    for (const wrong of [
      { ...enabling, sites: [...enabling.sites.slice(0, -1), broken] },
      { ...enabling, maps: [...enabling.maps, badMap] },
      { ...enabling, maps: enabling.maps.slice(0, -1) },
    ]) {
      expect(() => openSession(wrong, kernel())).toThrow();
      expect(heldObjects()).toEqual([]);
      await untilOpen(descriptors);
    }
  });

  kernelTest('is done by trace() of the tests, also where it fails', async () => {
    await expect(
      trace('tick-100 { @ = count(); }', {
        meanwhile: () => {
          throw new Error('broken off');
        },
      }),
    ).rejects.toThrow('broken off');
    expect(heldObjects()).toEqual([]);
  });

  kernelTest('is done by the kernel where the process that traces is killed', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/tracer.ts', everything, 'hold'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let text = '';
      for await (const chunk of child.stdout) {
        text += String(chunk);
        if (text.includes('\n')) break;
      }
      const programs = programsOf(JSON.parse(text) as readonly HeldObject[]);
      expect(programs.length).toBeGreaterThan(5);
      expect(programs.filter(programExists)).toEqual(programs);
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await ended;
      expect(await lasting(programs)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
