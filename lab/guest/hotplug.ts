/**
 * Runs in the guest: CPUs go and come while a session traces, its buffers are switched, sync() runs, and a second dtrace
 * posts requests from its timer ticks. Ends with status 1, and says what, where a promise is broken.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { exit, move } from '../../src/bpf/instruction.js';
import { enableText, openSession, runningKernel } from '../../src/index.js';
import { onlineCpus, possibleCpus } from '../../src/sys/index.js';
import { loadHandler, xcall } from '../../src/xcall/index.js';
import { plug } from './plug.js';

const rounds = 12;
const broken: string[] = [];
const must = (holds: boolean, what: string): void => {
  if (!holds) broken.push(what);
};

/** A dtrace that asks for a sync at each tick, and says at its end what was asked for and what is complete. */
const startAsking = () => {
  const text =
    'BEGIN { printf("tracing\\n"); } profile-997 { @asked[cpu] = count(); n = sync(); } tick-1s { @last = max(n); } ' +
    'END { printf("asked\\n"); printa("%d %@d\\n", @asked); }';
  const child = spawn('bin/dtrace', ['-qn', text], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (some: string) => {
    said.out += some;
  });
  child.stderr.setEncoding('utf8').on('data', (some: string) => {
    said.error += some;
  });
  return {
    said,
    running: () => child.exitCode === null,
    ended: once(child, 'close') as Promise<[number | null]>,
    end: () => child.kill('SIGINT'),
  };
};

/**
 * What dtrace may say where CPUs go and come: each tells of ticks that there were not. On PREEMPT_RT some timers expire in
 * threads; a tick that interrupts the program there finds it running, which the kernel counts.
 */
const expected = [
  / came online while tracing: /,
  / ticks? lost on CPU /,
  / drops? of probes that interrupted themselves$/,
];

const kernel = runningKernel();
const removable = onlineCpus().slice(1);
const asking = startAsking();
while (asking.running() && !asking.said.out.includes('tracing')) await sleep(100);
using handler = loadHandler([move('r0', 7), exit()]);
const text = 'profile-997 { @[cpu] = count(); } syscall:::entry { @calls = count(); }';
using session = openSession(enableText(text, kernel), kernel);
session.go();
let syncs = 0;
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const cpu of removable) {
      plug(cpu, round % 2 === 1);
      session.sync.sync();
      syncs += 1;
      session.followCpus();
      session.takeAggregations(() => {});
      const online = new Set(onlineCpus());
      const answers = xcall('all', handler);
      must(answers.length === possibleCpus().length, `round ${round}: xcall() has answers of ${answers.length} CPUs`);
      for (const answer of answers) {
        const right = online.has(answer.cpu)
          ? answer.kind === 'returned' && answer.value === 7
          : answer.kind === 'offline';
        must(right, `round ${round}: xcall() says of CPU ${answer.cpu}: ${JSON.stringify(answer)}`);
      }
      await sleep(20);
    }
  }
} finally {
  for (const cpu of removable) plug(cpu, true);
}
session.followCpus();
await sleep(300);
const before = new Map(session.ticks().map(({ cpu, fired }) => [cpu, fired]));
await sleep(500);
for (const { cpu, fired } of session.ticks()) {
  must(fired > (before.get(cpu) ?? 0), `no tick fires on CPU ${cpu} any more`);
}
session.stop(() => {});
const drops = session.drops().filter(({ kind }) => kind !== 'recursion');
must(drops.length === 0, `drops: ${JSON.stringify(drops)}`);
must(!session.killed, 'the deadman has ended the session');

asking.end();
const [status] = await asking.ended;
const { said } = asking;
must(status === 0, `dtrace ended with status ${status}`);
for (const cpu of [0, ...removable])
  must(new RegExp(`^${cpu} [1-9]`, 'm').test(said.out), `no tick on CPU ${cpu} asked`);
for (const line of said.error.split('\n')) {
  must(line === '' || expected.some((pattern) => pattern.test(line)), `dtrace said: ${line}`);
}
console.log(said.out.trim());
for (const what of broken) console.log(`broken: ${what}`);
console.log(`figure: ${rounds * removable.length} changes of CPUs, ${syncs} syncs between them`);
process.exitCode = broken.length === 0 ? 0 : 1;
