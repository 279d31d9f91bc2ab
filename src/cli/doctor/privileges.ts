/** Who runs dtrace, and what the kernel lets that user do. */

import { type DoctorCheck, fine, short } from './check.js';

/** What decides about privileges. */
export interface Credentials {
  readonly effectiveUser: number;
  /** Bit N set: capability N is effective (linux/capability.h). */
  readonly capabilities: bigint;
  /** /proc/self/uid_map: how user ids here map to those outside. */
  readonly userMap: string | undefined;
  /** The command that runs dtrace as root. */
  readonly asRoot: string;
}

const bit = { CAP_SYS_PTRACE: 19n, CAP_SYS_ADMIN: 21n, CAP_SYS_RESOURCE: 24n, CAP_PERFMON: 38n, CAP_BPF: 39n } as const;

type Capability = keyof typeof bit;

/** What each is for; those without `without` are required. CAP_SYS_ADMIN stands in for the first two. */
const wanted: readonly { readonly name: Capability; readonly use: string; readonly without?: string }[] = [
  { name: 'CAP_BPF', use: 'loads eBPF programs and makes maps' },
  { name: 'CAP_PERFMON', use: 'attaches them to tracepoints and timers, and lets them read kernel memory' },
  {
    name: 'CAP_SYS_ADMIN',
    use: 'stands for the two above where Linux is older than 5.8',
    without: 'not needed if CAP_BPF and CAP_PERFMON are there; some statistics of programs are not readable',
  },
  {
    name: 'CAP_SYS_PTRACE',
    use: "reads other users' processes, for -p and the symbols of ustack()",
    without: 'symbols of processes of other users are not resolved',
  },
];

/** Whether a set holds a capability. */
export const holds = (capabilities: bigint, name: Capability): boolean => ((capabilities >> bit[name]) & 1n) === 1n;

/** In a user namespace other than the first, capabilities are those over that namespace only. */
const isInitialNamespace = (userMap: string | undefined): boolean =>
  userMap === undefined || /^\s*0\s+0\s+4294967295\s*$/.test(userMap);

/** The user, the capabilities by name, the user namespace. */
export function privilegeChecks({ effectiveUser, capabilities, userMap, asRoot }: Credentials): DoctorCheck[] {
  const root = effectiveUser === 0;
  const fix = root
    ? 'give the container or service the capability (docker run --cap-add, or --privileged)'
    : `run as root: ${asRoot}`;
  const initial = isInitialNamespace(userMap);
  const admin = holds(capabilities, 'CAP_SYS_ADMIN');
  return [
    fine('user', root ? 'root' : `user ${effectiveUser}, not root`),
    ...wanted.map(({ name, use, without }) => {
      if (holds(capabilities, name)) return fine(name, use);
      if (without !== undefined) return short(name, 'limited', 'not held', without, fix);
      if (admin) return fine(name, `not held, CAP_SYS_ADMIN stands for it: ${use}`);
      return short(name, 'missing', 'not held', `without it nothing can be traced: it ${use}`, fix);
    }),
    initial
      ? fine('user namespace', 'the initial one')
      : short(
          'user namespace',
          'missing',
          'not the initial one',
          'the kernel asks for capabilities in the initial user namespace, root in another one has none there',
          'run dtrace outside (no rootless container, no `unshare -U`)',
        ),
  ];
}
