import { describe, expect, it } from 'vitest';
import { type DoctorCheck, fine, renderReport, short } from '../../../src/cli/doctor/check.js';
import { lockedMemoryLimit } from '../../../src/cli/doctor/locked-memory.js';
import { type Machine, machineChecks } from '../../../src/cli/doctor/machine.js';
import { type Credentials, privilegeChecks } from '../../../src/cli/doctor/privileges.js';
import { type KernelSettings, settingChecks } from '../../../src/cli/doctor/settings.js';

const allCapabilities = (1n << 41n) - 1n;
const bpf = 1n << 39n;
const perfmon = 1n << 38n;
const admin = 1n << 21n;
const ptrace = 1n << 19n;

const root: Credentials = {
  effectiveUser: 0,
  capabilities: allCapabilities,
  userMap: '         0          0 4294967295\n',
  asRoot: 'sudo /opt/node /opt/dtrace',
};

const settings: KernelSettings = {
  lockdown: '[none] integrity confidentiality\n',
  unprivilegedBpf: 2,
  paranoid: 2,
  sampleRate: 100_000,
  timePercent: 25,
  jit: 1,
  statistics: 0,
  mayMeasure: true,
};

const machine: Machine = {
  system: 'linux',
  architecture: 'x64',
  kernelRelease: '6.1.0',
  kernelVersion: '#1 SMP PREEMPT_DYNAMIC Debian',
  preemptionModel: 'none (voluntary) full\n',
  nodeVersion: '20.19.0, /opt/node',
  nativeCalls: undefined,
  onlineCpus: 2,
  possibleCpus: 8,
  procSelf: 5,
  ownPid: 5,
  tracefs: undefined,
  container: undefined,
  pidNamespace: { initial: true, inode: 4026531836 },
};

const byName = (checks: readonly DoctorCheck[], name: string): DoctorCheck => {
  const found = checks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`there is no check ${name}`);
  return found;
};

describe('privileges', () => {
  it('are all there for root', () => {
    expect(privilegeChecks(root).filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it.each<[string, bigint, string, DoctorCheck['status']]>([
    ['CAP_BPF', 0n, 'CAP_BPF', 'missing'],
    ['CAP_BPF with CAP_SYS_ADMIN', admin, 'CAP_BPF', 'ok'],
    ['CAP_PERFMON', bpf, 'CAP_PERFMON', 'missing'],
    ['CAP_PERFMON with CAP_SYS_ADMIN', admin, 'CAP_PERFMON', 'ok'],
    ['CAP_SYS_ADMIN', bpf | perfmon, 'CAP_SYS_ADMIN', 'limited'],
    ['CAP_SYS_PTRACE', bpf | perfmon, 'CAP_SYS_PTRACE', 'limited'],
    ['others, but with CAP_SYS_PTRACE', ptrace, 'CAP_SYS_PTRACE', 'ok'],
  ])('without %s', (_, capabilities, name, status) => {
    expect(byName(privilegeChecks({ ...root, capabilities }), name).status).toBe(status);
  });

  it('of a user are got by the command to run, with the absolute path of node', () => {
    const checks = privilegeChecks({ ...root, effectiveUser: 1000, capabilities: 0n });
    expect(byName(checks, 'user').detail).toBe('user 1000, not root');
    expect(byName(checks, 'CAP_BPF').fix).toBe('run as root: sudo /opt/node /opt/dtrace');
  });

  it('of root in a container are got from the container', () => {
    expect(byName(privilegeChecks({ ...root, capabilities: 0n }), 'CAP_BPF').fix).toMatch(/container/);
  });

  it('count for nothing in a user namespace', () => {
    const check = byName(privilegeChecks({ ...root, userMap: '0 1000 1\n' }), 'user namespace');
    expect(check.status).toBe('missing');
  });
});

describe('settings of the kernel', () => {
  it.each<[string, Partial<KernelSettings>, string, DoctorCheck['status'], RegExp]>([
    ['no lockdown', {}, 'lockdown', 'ok', /^none$/],
    ['lockdown that cannot be seen', { lockdown: undefined }, 'lockdown', 'unknown', /^not shown here$/],
    ['lockdown integrity', { lockdown: 'none [integrity] confidentiality\n' }, 'lockdown', 'limited', /^integrity$/],
    [
      'lockdown confidentiality',
      { lockdown: 'none integrity [confidentiality]\n' },
      'lockdown',
      'missing',
      /^confidentiality$/,
    ],
    ['paranoid with CAP_PERFMON', { paranoid: 4 }, 'perf_event_paranoid', 'ok', /^4: does not matter/],
    ['paranoid without CAP_PERFMON', { mayMeasure: false }, 'perf_event_paranoid', 'limited', /^2$/],
    ['paranoid off', { mayMeasure: false, paranoid: -1 }, 'perf_event_paranoid', 'ok', /^-1$/],
    ['no perf events', { paranoid: undefined }, 'perf_event_paranoid', 'missing', /^there is no/],
    ['unprivileged eBPF', { unprivilegedBpf: 0 }, 'unprivileged_bpf_disabled', 'ok', /^0: /],
    [
      'a lowered sample rate',
      { sampleRate: 250 },
      'sample-rate throttling',
      'ok',
      /max_sample_rate 250, .*_percent 25/,
    ],
    ['the interpreter of eBPF', { jit: 0 }, 'eBPF compiler', 'limited', /is 0$/],
    ['statistics', { statistics: 1 }, 'eBPF statistics', 'limited', /is 1$/],
  ])('%s', (_, changes, name, status, detail) => {
    const check = byName(settingChecks({ ...settings, ...changes }), name);
    expect(check.status).toBe(status);
    expect(check.detail).toMatch(detail);
  });
});

describe('the machine', () => {
  it.each<[string, Partial<Machine>, string, DoctorCheck['status'], RegExp]>([
    ['the kernel is shown', {}, 'kernel', 'ok', /^linux 6\.1\.0 on x64$/],
    ['another system', { system: 'darwin' }, 'kernel', 'missing', /^darwin/],
    ['another processor', { architecture: 'arm64' }, 'kernel', 'missing', /arm64$/],
    ['no koffi', { nativeCalls: 'cannot be loaded' }, 'koffi', 'missing', /do not work/],
    ['the preemption model', {}, 'preemption model', 'ok', /^voluntary \(built as PREEMPT_DYNAMIC\)$/],
    ['no debugfs', { preemptionModel: undefined }, 'preemption model', 'ok', /^built as PREEMPT_DYNAMIC$/],
    ['real time', { kernelVersion: '#1 SMP PREEMPT_RT' }, 'preemption model', 'ok', /PREEMPT_RT/],
    ['offline CPUs', {}, 'CPUs', 'ok', /^2 online of 8 possible$/],
    ['no /sys', { possibleCpus: undefined }, 'CPUs', 'missing', /not shown/],
    ['no /proc', { procSelf: undefined }, '/proc', 'missing', /not mounted/],
    ['/proc of another namespace', { procSelf: 77 }, '/proc', 'limited', /another pid namespace/],
    ['no tracefs', {}, 'tracefs', 'ok', /not needed/],
    ['a container', { container: 'podman' }, 'container', 'ok', /^podman$/],
    ['a pid namespace', { pidNamespace: { initial: false, inode: 7 } }, 'pid namespace', 'ok', /^7, not the initial/],
  ])('%s', (_, changes, name, status, detail) => {
    const check = byName(machineChecks({ ...machine, ...changes }), name);
    expect(check.status).toBe(status);
    expect(check.detail).toMatch(detail);
  });
});

describe('the limit on locked memory', () => {
  it.each([
    ['Max locked memory         8388608              8388608              bytes     \n', 8_388_608],
    ['Max locked memory         unlimited            unlimited            bytes     \n', Number.POSITIVE_INFINITY],
    ['Max cpu time              unlimited            unlimited            seconds   \n', undefined],
  ])('is read from %j', (limits, bytes) => {
    expect(lockedMemoryLimit(limits)).toBe(bytes);
  });
});

describe('the text of a report', () => {
  it('is a line a check, with why and fix below', () => {
    const checks = [
      fine('a', 'is there'),
      short('long name', 'limited', 'is less', 'since', 'do'),
      short('c', 'missing', 'is not', 'for'),
    ];
    expect(renderReport({ ok: false, checks })).toBe(
      [
        'ok       a          is there',
        'limited  long name  is less',
        '         why: since',
        '         fix: do',
        'missing  c          is not',
        '         why: for',
        '',
        'dtrace does not work here: what is missing stands above',
        '',
      ].join('\n'),
    );
  });
});
