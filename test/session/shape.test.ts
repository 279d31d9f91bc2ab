import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultOptions, OptionError } from '../../src/session/options/options.js';
import { type Machine, shapeOf } from '../../src/session/shape.js';
import { possibleCpus } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { trace } from '../trace.js';

const gigabyte = 2 ** 30;
const plain = { levels: 1, preemptible: false };
const machine = (online: number, possible: number, memory = 8 * gigabyte): Machine => ({
  ...{ online, highestCpu: possible - 1, memory },
});

describe('shapeOf', () => {
  it.each([
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [2, 3, 4, 4],
    [2, 8, 4, 8],
    [2, 256, 4, 256],
    [3, 200, 8, 256],
    [64, 64, 64, 64],
    [96, 1024, 128, 1024],
    [200, 256, 128, 256],
  ])('has for %d of %d CPUs %d slots and a table of %d', (online, possible, slots, cpus) => {
    expect(shapeOf(defaultOptions, plain, machine(online, possible))).toMatchObject({ slots, cpus });
  });

  it('keeps every buffer at what was asked for where there is room', () => {
    const shape = shapeOf({ ...defaultOptions, bufsize: 1 << 20, aggsize: 1 << 19 }, plain, machine(2, 2));
    expect(shape).toMatchObject({ bufferSize: 1 << 20, aggregationSize: 1 << 19 });
  });

  it('has as many speculations as asked for, their buffers smaller where they do not fit', () => {
    const plenty = shapeOf({ ...defaultOptions, nspec: 3, specsize: 1001 }, plain, machine(2, 2));
    expect(plenty).toMatchObject({ speculations: 3, speculationSize: 1000 });
    const tight = shapeOf({ ...defaultOptions, nspec: 100, specsize: 1 << 23 }, plain, machine(2, 2));
    expect(tight.speculationSize * 100 * 2).toBeLessThanOrEqual(2 ** 28);
    expect(tight.speculationSize).toBeGreaterThan(1 << 19);
    const manual = { ...defaultOptions, nspec: 100, specsize: 1 << 23, bufresize: 'manual' } as const;
    expect(() => shapeOf(manual, plain, machine(2, 2))).toThrow(/^specsize of 8388608 bytes is too much/);
  });

  it('halves what does not fit, and says what would where it may not', () => {
    const many = machine(2, 256, gigabyte);
    const options = { ...defaultOptions, bufsize: gigabyte };
    const shape = shapeOf(options, plain, many);
    expect(shape.bufferSize).toBe(8 * 2 ** 20);
    let error: unknown;
    try {
      shapeOf({ ...options, bufresize: 'manual' }, plain, many);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(OptionError);
    expect((error as OptionError).message).toContain('bufsize of 1073741824 bytes is too much for 4 CPUs');
    const fitting = Number(/set bufsize to (\d+) or less/.exec(`${(error as OptionError).hint}`)?.[1]);
    expect(shapeOf({ ...options, bufsize: fitting, bufresize: 'manual' }, plain, many).bufferSize).toBe(fitting);
  });

  it('gives sizes that are whole words, above nothing and within the budget, whatever is asked for', () => {
    const size = fc.oneof(fc.integer({ min: 4096, max: 2 ** 20 }), fc.integer({ min: 2 ** 31, max: 2 ** 45 }));
    const sizes = fc.record({ bufsize: size, aggsize: size, dynvarsize: size });
    const levels = fc.constantFrom(1, 2, 4, 8);
    const cpus = fc.integer({ min: 1, max: 1024 });
    fc.assert(
      fc.property(sizes, levels, cpus, cpus, (given, depth, one, other) => {
        const options = { ...defaultOptions, ...given };
        const nesting = { levels: depth, preemptible: depth === 8 };
        const shape = shapeOf(options, nesting, machine(Math.min(one, other), Math.max(one, other)));
        for (const bytes of [shape.bufferSize, shape.aggregationSize]) {
          expect(bytes).toBeGreaterThan(0);
          expect(bytes % 8).toBe(0);
        }
        expect(2 * shape.slots * shape.bufferSize).toBeLessThanOrEqual(2 ** 28);
        expect(2 * shape.slots * shape.levels * shape.aggregationSize).toBeLessThanOrEqual(2 ** 28);
        expect(shape.dynamicEntries).toBeLessThan(2 ** 32);
        expect(shape.slots).toBeLessThanOrEqual(128);
      }),
    );
  });

  kernelTest('of a machine with many possible CPUs loads and traces', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 1000 }]);
    const { lines, messages } = await trace(
      'syscall::getpgid:entry /pid == $target/ { @[probefunc] = count(); } profile-97 { @n = count(); } END { clear(@n); }',
      { programs: [program], machine: machine(possibleCpus().length, 256) },
    );
    expect(lines.join()).toMatch(/getpgid +1000/);
    expect(messages.filter((message) => !message.includes('lost'))).toEqual([]);
  });
});
