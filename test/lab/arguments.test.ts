import { describe, expect, it } from 'vitest';
import { type LabArguments, readArguments, usage } from '../../lab/arguments.js';
import { checks } from '../../lab/checks.js';
import { LabError } from '../../lab/lab-error.js';
import { describeRun, planRuns, timeLimit } from '../../lab/plan.js';

const read = (text: string): LabArguments => readArguments(text.split(' ').filter((word) => word !== ''));

describe('the command line of the lab', () => {
  it.each<[string, Partial<LabArguments>]>([
    ['', { kernel: undefined, cpus: undefined, memory: 3072, append: [], checks: [], command: undefined }],
    ['--kernel rt --suite sid', { kernel: 'rt', suite: 'sid' }],
    ['--kernel rt --cpus 8', { kernel: 'rt', cpus: 8 }],
    ['--append preempt=full --append quiet', { append: ['preempt=full', 'quiet'] }],
    ['--check doctor --check bench', { checks: ['doctor', 'bench'] }],
    ['--memory 2048 --timeout 7', { memory: 2048, timeout: 7 }],
    ['--console --verbose', { console: true, verbose: true }],
    ['--kernel rt -- bin/dtrace -l', { kernel: 'rt', command: 'bin/dtrace -l' }],
    ['-- ls --help', { command: 'ls --help', help: false }],
    ['--help', { help: true }],
  ])('"%s" is understood', (text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it('several words in one --append are as many', () => {
    expect(readArguments(['--append', 'preempt=full  idle=halt']).append).toEqual(['preempt=full', 'idle=halt']);
  });

  it('one word behind -- is text for the shell, several are quoted where the shell would change them', () => {
    expect(readArguments(['--', 'ls | wc -l; true']).command).toBe('ls | wc -l; true');
    expect(readArguments(['--', 'echo', '$HOME', "it's", '-n']).command).toBe("echo '$HOME' 'it'\\''s' -n");
  });

  it.each([
    ['--cpus 0', '--cpus is "0" (a whole number from 1 to 64)'],
    ['--cpus four', '--cpus is "four" (a whole number from 1 to 64)'],
    ['--memory 16', '--memory is "16" (a whole number from 1024 to 65536)'],
    ['--suite ../x', '--suite is "../x" (the name of one, such as trixie or sid)'],
    ['--timeout -1', '--help shows the options'],
    ['--kernel', '--help shows the options'],
    ['--frobnicate', '--help shows the options'],
    ['uname', '"uname" is no option (commands go behind --: -- uname)'],
    ['--check none', 'there is no check "none"'],
    ['--check doctor -- ls', '--check does not go with a command'],
    ['--', 'there is no command behind --'],
  ])('"%s" is refused, and says why', (text, message) => {
    expect(() => read(text)).toThrow(LabError);
    expect(() => read(text)).toThrow(message);
  });

  it('its usage names every check', () => {
    for (const { name } of checks) expect(usage).toContain(name);
  });
});

describe('the plan', () => {
  const runsOf = (text: string) => planRuns(read(text)).map(describeRun);

  it.each([
    ['', ['standard, 4 CPUs', 'rt, 4 CPUs', 'standard preempt=full, 4 CPUs']],
    ['--kernel rt', ['rt, 4 CPUs']],
    ['--kernel rt --suite sid', ['rt of sid, 4 CPUs']],
    ['--turns', ['standard, 4 CPUs by turns']],
    ['--cpus 1', ['standard, 1 CPU']],
    ['--append preempt=full', ['standard preempt=full, 4 CPUs']],
    ['--check doctor', ['standard, 4 CPUs']],
    ['-- ls', ['standard, 4 CPUs']],
  ])('of "%s" is %j', (text, expected) => {
    expect(runsOf(text)).toEqual(expected);
  });

  it('has every check on the standard kernel with four CPUs', () => {
    expect(planRuns(read(''))[0]?.checks).toEqual(checks);
  });

  it('has no checks where there is a command, and those that are named otherwise', () => {
    expect(planRuns(read('-- ls'))[0]?.checks).toEqual([]);
    expect(planRuns(read('--check bench'))[0]?.checks.map(({ name }) => name)).toEqual(['bench']);
  });

  it('gives a run the time that its checks may take', () => {
    for (const run of planRuns(read(''))) {
      expect(timeLimit(run)).toBeGreaterThan(Math.max(...run.checks.map(({ seconds }) => seconds)));
    }
  });
});
