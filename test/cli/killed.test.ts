/** dtrace is killed while every tick posts a request: the kernel frees all of it, and nothing waits for it. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { exit, move } from '../../src/bpf/instruction.js';
import { getAffinity } from '../../src/sys/index.js';
import { xcall } from '../../src/xcall/index.js';
import { heldObjects, mapExists, programExists } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { root } from './xcall/xcall.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const texts: readonly (readonly [string, string])[] = [
  ['a tick of every CPU', 'profile-997 { n = sync(); }'],
  ['a tick, a cross-call, an interrupt', 'profile-997, xcall:::, irq::: { n = sync(); }'],
];

describe('dtrace that is killed with SIGKILL', () => {
  for (const [where, text] of texts) {
    kernelTest(`while sync() is asked for in ${where} leaves nothing, and no CPU in a probe`, async () => {
      const child = spawn(process.execPath, ['bin/dtrace', '-qn', `BEGIN { printf("on\\n"); } ${text}`], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pid = child.pid ?? 0;
      const ended = once(child, 'exit');
      try {
        await once(child.stdout, 'data');
        await sleep(300);
        const held = heldObjects(pid);
        const programs = held.filter(({ kind }) => kind === 'program').map(({ id }) => id);
        const maps = held.filter(({ kind }) => kind === 'map').map(({ id }) => id);
        expect(programs.length).toBeGreaterThan(2);
        expect(maps.filter(mapExists)).toEqual(maps);
        child.kill('SIGKILL');
        expect(await ended).toEqual([null, 'SIGKILL']);
        // Programs and maps are freed after grace periods.
        const left = () => [...programs.filter(programExists), ...maps.filter(mapExists)];
        for (let tries = 0; tries < 400 && left().length > 0; tries += 1) await sleep(25);
        expect(left()).toEqual([]);
        expect(existsSync(`/proc/${pid}`)).toBe(false);
        // Every CPU answers a cross-call and runs a process of ours.
        for (const cpu of getAffinity()) {
          expect(xcall(cpu, [move('r0', 5), exit()])).toEqual({ cpu, kind: 'returned', value: 5 });
        }
        const words = ['-qn', 'BEGIN { n = sync(); } tick-20 /synced(n)/ { printf("again\\n"); exit(0); }'];
        const { status, stdout } = spawnSync(process.execPath, ['bin/dtrace', ...words], {
          ...{ cwd: root, encoding: 'utf8', timeout: 30_000 },
        });
        expect([status, stdout.trim()]).toEqual([0, 'again']);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
});
