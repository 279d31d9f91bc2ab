import { describe, expect, it } from 'vitest';
import { planBreak, planStorm } from '../../../../src/cli/xcall/storm/schedule.js';

const total = (plan: readonly { readonly milliseconds: number }[]): number =>
  plan.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

describe('the plan of a storm', () => {
  it.each([1, 10, 60, 1800])('of %d seconds lasts as long, and everything has its turn', (seconds) => {
    const plan = planStorm(seconds);
    expect(total(plan)).toBeCloseTo(seconds * 1000);
    expect(new Set(plan.map(({ company }) => company))).toEqual(new Set(['alone', 'dtrace', 'hotplug', 'bpftrace']));
  });

  it.each([1, 20])('with a wrong mechanism of %d seconds lasts as long, with nothing beside it', (seconds) => {
    const plan = planBreak(seconds);
    expect(total(plan)).toBeCloseTo(seconds * 1000);
    expect(new Set(plan.map(({ company }) => company))).toEqual(new Set(['alone']));
  });
});
