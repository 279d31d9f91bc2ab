/** The machine and what dtrace itself needs of it: Node.js, koffi, CPUs, file systems, namespaces. */

import { type DoctorCheck, fine, short } from './check.js';

/** What was seen of the machine. Undefined is what cannot be seen. */
export interface Machine {
  readonly system: string;
  readonly architecture: string;
  readonly kernelRelease: string;
  /** As uname(2) has it: `#1 SMP PREEMPT_DYNAMIC …`. */
  readonly kernelVersion: string;
  /** /sys/kernel/debug/sched/preempt: `none voluntary (full)`. */
  readonly preemptionModel: string | undefined;
  readonly nodeVersion: string;
  /** Why native calls are impossible; undefined: they work. */
  readonly nativeCalls: string | undefined;
  readonly onlineCpus: number | undefined;
  readonly possibleCpus: number | undefined;
  /** The process that /proc/self is. */
  readonly procSelf: number | undefined;
  readonly ownPid: number;
  readonly tracefs: string | undefined;
  /** What the signs of a container name, such as docker. */
  readonly container: string | undefined;
  readonly pidNamespace: { readonly initial: boolean; readonly inode: number } | undefined;
}

/** A check a property of the machine. */
export function machineChecks(machine: Machine): DoctorCheck[] {
  return [
    platformCheck(machine),
    fine('Node.js', machine.nodeVersion),
    nativeCheck(machine),
    preemptionCheck(machine),
    cpuCheck(machine),
    procCheck(machine),
    fine(
      'tracefs',
      machine.tracefs === undefined ? 'not mounted, and not needed' : `mounted on ${machine.tracefs}, not needed`,
    ),
    fine('container', machine.container ?? 'no sign of one'),
    namespaceCheck(machine),
  ];
}

function platformCheck({ system, architecture, kernelRelease }: Machine): DoctorCheck {
  const found = `${system} ${kernelRelease} on ${architecture}`;
  if (system === 'linux' && architecture === 'x64') return fine('kernel', found);
  return short(
    'kernel',
    'missing',
    found,
    'tracing needs Linux on x86-64',
    'run dtrace there; compiling works anywhere',
  );
}

function nativeCheck({ nativeCalls }: Machine): DoctorCheck {
  if (nativeCalls === undefined) return fine('koffi', 'loaded: native calls work');
  return short(
    'koffi',
    'missing',
    'native calls do not work',
    nativeCalls,
    'install again without --omit=optional and --no-optional: npm ci',
  );
}

function preemptionCheck({ kernelVersion, preemptionModel }: Machine): DoctorCheck {
  const chosen = /\((\w+)\)/.exec(preemptionModel ?? '')?.[1];
  const built = /PREEMPT\w*/.exec(kernelVersion)?.[0] ?? 'no preemption inside the kernel';
  return fine('preemption model', chosen === undefined ? `built as ${built}` : `${chosen} (built as ${built})`);
}

function cpuCheck({ onlineCpus, possibleCpus }: Machine): DoctorCheck {
  if (onlineCpus === undefined || possibleCpus === undefined) {
    return short(
      'CPUs',
      'missing',
      'not shown',
      'there is no /sys/devices/system/cpu: /sys is not mounted',
      'mount -t sysfs sysfs /sys',
    );
  }
  return fine('CPUs', `${onlineCpus} online of ${possibleCpus} possible`);
}

function procCheck({ procSelf, ownPid }: Machine): DoctorCheck {
  const fix = 'mount -t proc proc /proc (unshare has --mount-proc for it)';
  if (procSelf === undefined) {
    return short('/proc', 'missing', 'not mounted', 'processes and their namespaces are looked up there', fix);
  }
  return procSelf === ownPid
    ? fine('/proc', 'mounted')
    : short('/proc', 'limited', 'of another pid namespace', 'its ids are not those of $target, -p and pid', fix);
}

function namespaceCheck({ pidNamespace }: Machine): DoctorCheck {
  if (pidNamespace === undefined) return fine('pid namespace', 'not shown here');
  return fine(
    'pid namespace',
    pidNamespace.initial ? 'the initial one' : `${pidNamespace.inode}, not the initial one: pid and -p are its ids`,
  );
}
