/** What the lab checks in a guest. A check is text for the guest's shell; it holds where its status is 0. */

/** A check. */
export interface Check {
  readonly name: string;
  /** What must hold. */
  readonly title: string;
  readonly script: string;
  /** Seconds that it may take under emulation with other work on the machine; then it is ended and has failed. */
  readonly seconds: number;
}

/** A D program in one line, and a regular expression of grep(1) for what it must print. */
const oneLiner = (text: string, pattern: string, rest = ''): string =>
  `echo "# ${text.replaceAll(/["$`\\]/g, '\\$&')}"
bin/dtrace -n '${text}' ${rest} >/tmp/out 2>&1 || { cat /tmp/out; exit 1; }
cat /tmp/out
grep -Eq '${pattern}' /tmp/out || { echo 'nothing matches ${pattern}'; exit 1; }`;

const command = "-c 'ls -l /project/src'";

const oneLiners = [
  oneLiner('BEGIN { printf("%d", 6 * 7); exit(0); }', '\\b42\\b'),
  oneLiner('syscall:::entry /pid == $target/ { @[probefunc] = count(); }', '^ +getdents(64)? +[1-9]', command),
  oneLiner('syscall::write:entry /pid == $target/ { @[execname] = quantize(arg2); }', '^ +[0-9]+ \\|@', command),
  oneLiner(
    'syscall::openat:entry /pid == $target/ { self->path = arg1; } ' +
      'syscall::openat:return /self->path/ { printf("%s", copyinstr(self->path)); self->path = 0; }',
    '/project/src',
    command,
  ),
  // The frame of the tracepoint itself, whatever lies between it and the program on this kernel.
  oneLiner('syscall::openat:entry /pid == $target/ { stack(1); }', '^ +vmlinux`syscall_[a-z_.0-9]+\\+0x', command),
  oneLiner('profile-97 { @[cpu] = count(); } tick-1s { exit(0); }', '^ +[1-9]*[0-9] +[1-9][0-9]$'),
  oneLiner('tick-50ms /!n/ { n = sync(); } tick-50ms /n && synced(n)/ { trace("complete"); exit(0); }', 'complete'),
  oneLiner(
    'int done[int]; BEGIN { s = speculation(); } profile-97 /!done[cpu]/ { speculate(s); printf("of %d", cpu); } ' +
      'profile-97 /!done[cpu]/ { done[cpu] = 1; } tick-1s { commit(s); } tick-1s { exit(0); }',
    'of [1-9]',
  ),
  oneLiner('xcall:::ipi-entry { @[probefunc] = count(); } tick-1s { exit(0); }', '^ +call_function_single +[1-9]'),
  oneLiner('irq:::vector-entry { @[probefunc] = count(); } tick-1s { exit(0); }', '^ +local_timer +[1-9]'),
  oneLiner('BEGIN { trace(*(int *)8); } ERROR { exit(0); }', 'ERROR'),
].join('\n');

const vitest = (...words: readonly string[]): string =>
  `node node_modules/vitest/vitest.mjs run --no-isolate ${words.join(' ')}`;

/** The checks, in the order in which they run. */
export const checks: readonly Check[] = [
  {
    name: 'doctor',
    title: 'dtrace --doctor says that tracing works',
    script: `uname -a
bin/dtrace --doctor >/tmp/doctor
status=$?
cat /tmp/doctor
sed -n '/ preemption/s/^/figure: /p' /tmp/doctor
exit $status`,
    seconds: 60,
  },
  { name: 'one-liners', title: 'D programs print what they must', script: oneLiners, seconds: 300 },
  {
    name: 'bench',
    title: 'xcall bench measures every pair of CPUs',
    script: 'bin/xcall bench --json >/tmp/bench.json && node lab/guest/bench-figures.mjs /tmp/bench.json',
    seconds: 120,
  },
  {
    name: 'hotplug',
    title: 'a session, sync() and xcall() bear CPUs that go and come while they work',
    script: 'node lab/guest/hotplug.mjs',
    seconds: 120,
  },
  {
    name: 'tests',
    title: 'the tests of loading, nesting, faults, hotplug, mailbox, sync() and xcall() hold',
    script: vitest(
      ...['test/bpf/features.test.ts', 'test/bpf/run.test.ts', 'test/d/codegen/loading.test.ts'],
      ...['test/providers/irq.test.ts', 'test/providers/profile.test.ts', 'test/providers/xcall.test.ts'],
      ...['test/session/exactness.test.ts', 'test/session/faults.test.ts', 'test/session/hotplug.test.ts'],
      ...['test/xcall/mailbox.test.ts', 'test/xcall/sync.test.ts', 'test/xcall/xcall.test.ts'],
    ),
    seconds: 500,
  },
  {
    name: 'storm',
    title: 'xcall storm: every request completed, no record or count lost or doubled, with CPUs that go and come',
    script: 'node lab/guest/storm.mjs',
    seconds: 300,
  },
  {
    name: 'sync-cost',
    title: 'measures what sync() costs with four CPUs, in times of what it costs with two',
    script: 'node lab/guest/sync-cost.mjs',
    seconds: 60,
  },
];
