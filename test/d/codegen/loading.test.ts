/** The golden programs with the real providers, for every way of nesting, size of strings and pid namespace: they load. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { loadProgram } from '../../../src/bpf/loader.js';
import { createMaps } from '../../../src/bpf/map.js';
import type { RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { allProviders } from '../../../src/providers/index.js';
import { kernelTest } from '../../kernel-test.js';
import { sessionMaps } from './backend.js';
import { compile } from './compile.js';
import { kernel } from './live.js';

const directory = join(import.meta.dirname, 'golden');
const names = readdirSync(directory).filter((name) => name.endsWith('.d'));

const inNamespace: TargetKernel = { ...kernel, pidNamespace: { level: 1, inode: 0xf000_0001 } };

/** [what, strsize, shape, kernel] */
const settings: readonly (readonly [string, number, Partial<RuntimeShape>, TargetKernel])[] = [
  ['the usual sizes', 256, {}, kernel],
  ['the smallest strings', 7, {}, kernel],
  ['long strings', 4096, {}, kernel],
  ['preempted firings', 256, { levels: 8, preemptible: true }, kernel],
  ['one slot, four levels', 256, { slots: 1, levels: 4 }, kernel],
  ['128 slots, 8192 CPUs', 16, { slots: 128, cpus: 8192, levels: 2 }, kernel],
  ['a pid namespace', 256, {}, inNamespace],
];

describe.each(settings)('with %s', (_what, stringSize, shape, target) => {
  for (const name of names) {
    kernelTest(`${name} loads`, () => {
      const text = readFileSync(join(directory, name), 'utf8');
      const enabling = compile(text, { kernel: target, stringSize, shape, providers: allProviders });
      const maps = createMaps([...enabling.maps, ...sessionMaps(enabling.memory.shape, [0])]);
      try {
        for (const { spec } of enabling.sites) loadProgram(spec, maps).close();
      } finally {
        for (const map of maps.values()) map.close();
      }
      expect(enabling.sites.length).toBeGreaterThan(0);
    });
  }
});
