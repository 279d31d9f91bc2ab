/** Settings of the kernel that permit, forbid or slow down tracing. Each check takes what the file holds. */

import { type DoctorCheck, fine, short } from './check.js';

/** The settings by name; undefined where the kernel has none or it cannot be read. */
export interface KernelSettings {
  /** /sys/kernel/security/lockdown: `[none] integrity confidentiality`. */
  readonly lockdown: string | undefined;
  readonly unprivilegedBpf: number | undefined;
  readonly paranoid: number | undefined;
  readonly sampleRate: number | undefined;
  readonly timePercent: number | undefined;
  readonly jit: number | undefined;
  readonly statistics: number | undefined;
  /** Whether CAP_PERFMON or CAP_SYS_ADMIN is held: perf_event_paranoid then says nothing. */
  readonly mayMeasure: boolean;
}

/** A check a setting. */
export function settingChecks(settings: KernelSettings): DoctorCheck[] {
  return [
    lockdownCheck(settings.lockdown),
    unprivilegedCheck(settings.unprivilegedBpf),
    paranoidCheck(settings),
    samplingCheck(settings),
    settings.jit === 0
      ? short(
          'eBPF compiler',
          'limited',
          'net.core.bpf_jit_enable is 0',
          'the kernel interprets programs: probes cost several times as much',
          'sysctl -w net.core.bpf_jit_enable=1',
        )
      : fine('eBPF compiler', settings.jit === undefined ? 'always on, or not shown here' : 'on'),
    settings.statistics === 1
      ? short(
          'eBPF statistics',
          'limited',
          'kernel.bpf_stats_enabled is 1',
          'the kernel reads the clock twice a program: each probe costs some 20 ns more',
          'sysctl -w kernel.bpf_stats_enabled=0',
        )
      : fine('eBPF statistics', 'off, so probes are not slowed down'),
  ];
}

function lockdownCheck(text: string | undefined): DoctorCheck {
  const name = 'lockdown';
  if (text === undefined) {
    return short(
      name,
      'unknown',
      'not shown here',
      'securityfs is not mounted on /sys/kernel/security, or the kernel has no lockdown; where it is on, destructive actions that write to processes are refused',
      'mount -t securityfs securityfs /sys/kernel/security',
    );
  }
  const mode = /\[(\w+)\]/.exec(text)?.[1] ?? text.trim();
  if (mode === 'none') return fine(name, 'none');
  const secureBoot = 'Secure Boot or lockdown= on the command line of the kernel switches it on; it stays until reboot';
  return mode === 'integrity'
    ? short(
        name,
        'limited',
        'integrity',
        `programs may not write to processes (copyout, copyoutstr), nothing else is refused; ${secureBoot}`,
      )
    : short(
        name,
        'missing',
        mode,
        `programs may not read kernel memory; ${secureBoot}`,
        'boot with lockdown=integrity or without Secure Boot',
      );
}

const unprivilegedMeaning: Readonly<Record<number, string>> = {
  0: '0: users without privileges may load some programs, none that trace',
  1: '1: only with CAP_BPF, until reboot',
  2: '2: only with CAP_BPF',
};

function unprivilegedCheck(value: number | undefined): DoctorCheck {
  const meaning = value === undefined ? 'not shown here' : (unprivilegedMeaning[value] ?? String(value));
  return fine('unprivileged_bpf_disabled', meaning);
}

function paranoidCheck({ paranoid, mayMeasure }: KernelSettings): DoctorCheck {
  const name = 'perf_event_paranoid';
  if (paranoid === undefined) {
    return short(
      name,
      'missing',
      'there is no /proc/sys/kernel/perf_event_paranoid',
      'the kernel is built without CONFIG_PERF_EVENTS (or /proc is hidden): timers and tracepoint programs need it',
      'use a kernel with CONFIG_PERF_EVENTS',
    );
  }
  if (mayMeasure || paranoid <= 0) {
    return fine(name, `${paranoid}${mayMeasure ? ': does not matter with CAP_PERFMON' : ''}`);
  }
  return short(
    name,
    'limited',
    String(paranoid),
    'without CAP_PERFMON the timers of a whole CPU are refused, which the profile provider needs',
    'run as root, or sysctl -w kernel.perf_event_paranoid=0',
  );
}

/** The kernel lowers the rate by itself when samples take longer than perf_cpu_time_max_percent allows. */
function samplingCheck({ sampleRate, timePercent }: KernelSettings): DoctorCheck {
  const shown = (value: number | undefined) => (value === undefined ? 'not shown' : String(value));
  const found = `perf_event_max_sample_rate ${shown(sampleRate)}, perf_cpu_time_max_percent ${shown(timePercent)}`;
  return fine('sample-rate throttling', `${found}: do not touch profile and tick probes, whose timers take no samples`);
}
