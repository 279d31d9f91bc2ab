import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getAffinity, onlineCpus, parseCpuList, possibleCpus, setAffinity } from '../../src/sys/index.js';

describe('lists of CPUs', () => {
  it.each([
    ['0\n', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0-1,4,6-7\n', [0, 1, 4, 6, 7]],
    ['\n', []],
  ])('%j is %j', (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });

  it('every online CPU is a possible one', () => {
    expect(onlineCpus().length).toBeGreaterThan(0);
    expect(possibleCpus()).toEqual(expect.arrayContaining(onlineCpus()));
  });
});

describe('affinity', () => {
  let before: number[];
  beforeEach(() => {
    before = getAffinity();
  });
  afterEach(() => setAffinity(before));

  it('what is set is what is read', () => {
    for (const cpu of before) {
      setAffinity([cpu]);
      expect(getAffinity()).toEqual([cpu]);
    }
  });

  it('no CPU at all is an error that names the call', () => {
    expect(() => setAffinity([])).toThrow(/sched_setaffinity\(\): Invalid argument/);
  });
});
