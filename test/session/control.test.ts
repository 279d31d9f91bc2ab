import { describe, expect, it } from 'vitest';
import { controlBlock, controlWords, exitClaimed } from '../../src/d/codegen/memory/layout.js';
import { type Control, controlOf } from '../../src/session/control.js';
import type { MappedMemory } from '../../src/sys/index.js';
import { plainMemory } from '../memory.js';

const slots = 2;
const make = (): { memory: MappedMemory; control: Control } => {
  const memory = plainMemory(controlWords.blocks + slots * controlBlock.size);
  return { memory, control: controlOf(memory) };
};

const blockWord = (slot: number, offset: number): number =>
  (controlWords.blocks + slot * controlBlock.size + offset) / 8;

describe('controlOf', () => {
  it('begins inactive, and moves from one activity to another only where it is the one', () => {
    const { memory, control } = make();
    expect(control.activity()).toBe('inactive');
    control.setActivity('warmup');
    expect(control.advance('active', 'draining')).toBe(false);
    expect(control.advance('warmup', 'active')).toBe(true);
    expect(control.activity()).toBe('active');
    expect(memory.u32[controlWords.activity / 4]).toBe(2);
  });

  it('flips one resource and leaves the other and the activity', () => {
    const { memory, control } = make();
    control.setActivity('active');
    expect(control.flip('principal')).toBe(0);
    expect([control.liveHalf('principal'), control.liveHalf('aggregations')]).toEqual([1, 0]);
    expect(control.flip('aggregations')).toBe(0);
    expect(control.flip('principal')).toBe(1);
    expect([control.liveHalf('principal'), control.liveHalf('aggregations')]).toEqual([0, 1]);
    // What probes read at once: bit 32 selects the half of the principal buffers, bit 40 that of the aggregations.
    expect(memory.u64[0]).toBe((1n << 40n) | 2n);
  });

  it.each([
    [0n, 0],
    [exitClaimed, 0],
    [exitClaimed | 7n, 7],
    [exitClaimed | 0xffff_ffffn, -1],
  ])('reads the exit status of %d as %d', (word, status) => {
    const { memory, control } = make();
    memory.u64[controlWords.exitStatus / 8] = word;
    expect(control.exitStatus()).toBe(status);
  });

  it('reads counters by slot, and empties one half of one slot', () => {
    const { memory, control } = make();
    for (const slot of [0, 1]) {
      for (const half of [0, 1] as const) {
        memory.u64[blockWord(slot, controlBlock.principalOffset) + half] = BigInt(100 * slot + 10 * half + 1);
        memory.u64[blockWord(slot, controlBlock.principalDrops) + half] = BigInt(100 * slot + 10 * half + 2);
      }
    }
    control.resetPrincipal(1, 0);
    const read = (slot: number, half: 0 | 1) => [control.principalUsed(slot, half), control.principalDrops(slot, half)];
    expect([read(0, 0), read(0, 1), read(1, 0), read(1, 1)]).toEqual([
      [1, 2],
      [11, 12],
      [0, 0],
      [111, 112],
    ]);
  });

  it.each(['aggregationDrops', 'dynamicDrops', 'nestingDrops', 'errorDrops'] as const)('reads %s', (counter) => {
    const { memory, control } = make();
    memory.u64[blockWord(1, controlBlock[counter])] = 42n;
    expect([control.counter(0, counter), control.counter(1, counter)]).toEqual([0, 42]);
  });

  it('reads who is in a probe, and firings without a slot', () => {
    const { memory, control } = make();
    memory.u64[blockWord(1, controlBlock.epid)] = 5n;
    memory.u64[blockWord(1, controlBlock.observedPid)] = 6n;
    memory.u64[controlWords.slotlessDrops / 8] = 7n;
    expect([control.lastEpid(1), control.observedPid(1), control.slotlessDrops()]).toEqual([5, 6, 7]);
  });

  it('stores the difference of the clocks', () => {
    const { memory, control } = make();
    control.setWallOffset(-5n);
    expect(memory.i64[controlWords.wallOffset / 8]).toBe(-5n);
  });
});
