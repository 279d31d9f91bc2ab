/** Looks at the machine for the checks: files of /proc and /sys, and whether native calls work. Changes nothing. */

import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { arch, platform, release, version } from 'node:os';
import { onlineCpus, pidNamespace, possibleCpus, readProcessStatus, readSysctl, threadId } from '../../sys/index.js';
import type { Machine } from './machine.js';
import type { Credentials } from './privileges.js';
import { holds } from './privileges.js';
import type { KernelSettings } from './settings.js';

const attempt = <Result>(look: () => Result): Result | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};

/** The text of a file, undefined if it cannot be read. */
export const readText = (path: string): string | undefined => attempt(() => readFileSync(path, 'utf8'));

/** A number from /proc/sys, undefined if it is not there or not for this user. */
const sysctl = (path: string): number | undefined => attempt(() => readSysctl(path));

/** What decides about privileges; `asRoot` is passed through. */
export function observeCredentials(asRoot: string): Credentials {
  return {
    effectiveUser: process.geteuid?.() ?? 0,
    capabilities: attempt(() => readProcessStatus('self'))?.effectiveCapabilities ?? 0n,
    userMap: readText('/proc/self/uid_map'),
    asRoot,
  };
}

/** The settings of the kernel. */
export function observeSettings({ capabilities }: Credentials): KernelSettings {
  return {
    lockdown: readText('/sys/kernel/security/lockdown'),
    unprivilegedBpf: sysctl('kernel/unprivileged_bpf_disabled'),
    paranoid: sysctl('kernel/perf_event_paranoid'),
    sampleRate: sysctl('kernel/perf_event_max_sample_rate'),
    timePercent: sysctl('kernel/perf_cpu_time_max_percent'),
    jit: sysctl('net/core/bpf_jit_enable'),
    statistics: sysctl('kernel/bpf_stats_enabled'),
    mayMeasure: holds(capabilities, 'CAP_PERFMON') || holds(capabilities, 'CAP_SYS_ADMIN'),
  };
}

/** The machine. */
export function observeMachine(): Machine {
  return {
    system: platform(),
    architecture: arch(),
    kernelRelease: release(),
    kernelVersion: version(),
    preemptionModel: readText('/sys/kernel/debug/sched/preempt'),
    nodeVersion: `${process.versions.node}, ${process.execPath}`,
    nativeCalls: nativeCallFailure(),
    onlineCpus: attempt(onlineCpus)?.length,
    possibleCpus: attempt(possibleCpus)?.length,
    procSelf: attempt(() => Number(readlinkSync('/proc/self'))),
    ownPid: process.pid,
    tracefs: ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].find((path) =>
      (readText('/proc/self/mounts') ?? '').includes(` ${path} tracefs `),
    ),
    container: findContainer(),
    pidNamespace: attempt(pidNamespace),
  };
}

function nativeCallFailure(): string | undefined {
  try {
    threadId();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** By the files that container engines leave, or the cgroup of the first process. */
function findContainer(): string | undefined {
  if (existsSync('/.dockerenv')) return 'docker';
  if (existsSync('/run/.containerenv')) return 'podman';
  const named =
    process.env['container'] ?? /docker|kubepods|lxc|containerd/.exec(readText('/proc/1/cgroup') ?? '')?.[0];
  return named === undefined || named === '' ? undefined : named;
}
