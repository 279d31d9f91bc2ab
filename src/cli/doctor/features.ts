/** What the kernel offers, found out by trying. */

import { describeFeature, type FeatureName, featureNames, probeFeature } from '../../bpf/features.js';
import { alu, callHelper, exit, functionStart, move } from '../../bpf/instruction.js';
import { attachRawTracepoint, openTimer } from '../../bpf/link.js';
import { loadProgram } from '../../bpf/loader.js';
import { onlineCpus } from '../../sys/index.js';
import { type DoctorCheck, fine, short } from './check.js';
import { eventProviderCheck, eventProviders } from './event-providers.js';

/** What is lost without a feature; those that are not here are required. */
const losses: Partial<Readonly<Record<FeatureName, string>>> = {
  'hash-maps': 'no associative arrays',
  'percpu-arrays': 'no loss, the memory of a CPU is in mapped arrays',
  'percpu-hash-maps': 'no loss, aggregations have tables of their own',
  'ring-buffers': 'no loss, records have buffers of their own',
  'task-storage': 'no thread-local variables (self->)',
  'perf-event-programs': 'no loss, profile and tick probes run on the tracepoint of expiring timers',
  'signed-division': 'no loss, it is made of unsigned division',
  'namespace-pids': 'no loss, ids in a pid namespace are read from the task',
  'read-only-cast': 'no loss, members of kernel structures are read by a helper',
  statistics: 'the benchmarks cannot read the run times of programs',
  'preemption-off': 'no loss of exactness: levels are claimed atomically, which costs some 10 ns a firing',
};

/** The reason of an attempt without the advice at its end, which stands in `fix` here. */
const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('; ')[0] ?? text).split('\n')[0] ?? text;
};

const isRefusal = (reason: string): boolean => /EPERM|EACCES/.test(reason);

/** Features that a kernel has or not by how it is built, whatever its version. */
const fixes: Partial<Record<FeatureName, string>> = {
  'preemption-off': 'none is needed; kernels that are built without PREEMPT_RT have it',
};

const fixFor = (feature: FeatureName, reason: string, since: string, privileges: string): string =>
  isRefusal(reason)
    ? privileges
    : (fixes[feature] ?? `Linux has it since ${since}: use a newer one, or one that is built with it`);

/** A check a feature, in the order of their table; `privileges` is how to get what the kernel refuses. */
export function featureChecks(privileges: string): DoctorCheck[] {
  return featureNames.map((feature) => {
    const { title, since } = describeFeature(feature);
    const { supported, reason: text = 'no reason given' } = probeFeature(feature);
    const reason = reasonOf(text);
    if (supported) return fine(feature, title);
    const found = `${title}: ${isRefusal(reason) ? 'refused' : 'not offered'}`;
    const loss = losses[feature];
    const fix = fixFor(feature, reason, since, privileges);
    return loss === undefined
      ? short(feature, 'missing', found, reason, fix)
      : short(feature, 'limited', found, `${reason}; without it: ${loss}`, fix);
  });
}

const probeReadKernel = 113;

/** A program as the providers attach them: with typed arguments, and reading kernel memory. */
function attachReader(tracepoint: string): void {
  const program = loadProgram({
    name: 'doctor',
    kind: { type: 'typed-raw-tracepoint', tracepoint },
    items: [
      functionStart('doctor', 1, 'static'),
      move('r1', 'r10'),
      alu('add', 'r1', -8),
      move('r2', 8),
      move('r3', 0),
      callHelper(probeReadKernel),
      move('r0', 0),
      exit(),
    ],
  });
  try {
    attachRawTracepoint(program).close();
  } finally {
    program.close();
  }
}

/** How each provider begins: what it attaches to is attached for a moment. */
const providers: readonly { readonly name: string; readonly what: string; readonly attempt: () => void }[] = [
  {
    name: 'syscall',
    what: 'entry and return of every system call',
    attempt: () => {
      attachReader('sys_enter');
      attachReader('sys_exit');
    },
  },
  {
    name: 'profile',
    what: 'profile-n and tick-n',
    attempt: () => {
      attachReader('hrtimer_expire_entry');
      const cpu = onlineCpus()[0] ?? 0;
      openTimer({ counter: 'cpu-clock', period: 1_000_000_000n, cpu, silent: true }).close();
    },
  },
];

/** A check a provider: the main job; `privileges` as above. */
export function providerChecks(privileges: string): DoctorCheck[] {
  const advice = (reason: string): string => (isRefusal(reason) ? privileges : 'see the checks above');
  const required = providers.map(({ name, what, attempt }) => {
    try {
      attempt();
      return fine(`provider ${name}`, what);
    } catch (error) {
      const reason = reasonOf(error);
      return short(`provider ${name}`, 'missing', `${what}: does not work`, reason, advice(reason));
    }
  });
  const further = eventProviders(attachReader).map((one) => eventProviderCheck(one, reasonOf, advice));
  return [...required, ...further];
}
