import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alu, callHelper, exit, functionStart, load, loadMapValue, move, store } from '../../src/bpf/instruction.js';
import { attachRawTracepoint } from '../../src/bpf/link.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { runProgram } from '../../src/bpf/run.js';
import { runningKernelEvents } from '../../src/providers/tracepoint.js';
import { getAffinity, onlineCpus, setAffinity } from '../../src/sys/index.js';
import { createMailbox, HandlerError, type Mailbox, NoSuchCpuError, xcall } from '../../src/xcall/index.js';
import { heldObjects } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';

const getSmpProcessorId = 8;

const { hasTracepoint } = runningKernelEvents();
/** Where a CPU is called; before Linux 6.4 only the interrupt can be seen. */
const callTracepoint = hasTracepoint('csd_function_entry') ? 'csd_function_entry' : 'call_function_single_entry';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A program that posts `request` between enter and leave, and returns whether it was given a number. */
const poster = ({ code, maps }: Mailbox, request: string, options = {}) => {
  const items = code.link([
    functionStart('poster', 1, 'global'),
    ...code.enter,
    ...code.post(request, options),
    move('r6', 'r0'),
    ...code.leave,
    alu('rsh', 'r6', 16),
    move('r0', 'r6'),
    exit(),
  ]);
  return loadProgram({ name: 'poster', kind: { type: 'raw-tracepoint' }, items }, maps);
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 2_000 && !holds(); tries += 1) await sleep(5);
  expect(holds()).toBe(true);
};

describe('createMailbox', () => {
  kernelTest('answers the process, and programs in the interrupts of every CPU', async () => {
    using mailbox = createMailbox();
    const own = mailbox.sync();
    expect(own).toBeGreaterThan(0n);
    await until(() => mailbox.synced(own));
    using program = poster(mailbox, 'sync');
    for (const cpu of onlineCpus()) {
      expect(runProgram(program, { cpu })).toEqual({ kind: 'returned', returnValue: 1 });
    }
    mailbox.drain();
    const { posted, completed, drops } = mailbox.statistics;
    expect([posted, completed, drops]).toEqual([onlineCpus().length + 1, posted, 0]);
    for (const cpu of onlineCpus()) expect(mailbox.synced((1n << 16n) | BigInt(cpu))).toBe(true);
    expect([mailbox.synced(0n), mailbox.failure]).toEqual([false, undefined]);
  });

  kernelTest('calls handlers by their names', async () => {
    const handler = [callHelper(getSmpProcessorId), alu('add', 'r0', 7), exit()];
    const nothing = { handler: [move('r0', 0), exit()], cpu: 'all' } as const;
    using mailbox = createMailbox({ handlers: { nothing, seven: { handler, cpu: 'all' } } });
    using program = poster(mailbox, 'seven', { spontaneous: true });
    const [cpu = 0] = onlineCpus();
    runProgram(program, { cpu });
    mailbox.drain();
    expect(mailbox.answers('seven')).toEqual(onlineCpus().map((one) => ({ cpu: one, value: one + 7 })));
    expect(mailbox.answers('nothing')).toEqual([]);
    const numbers = [mailbox.post('seven'), mailbox.post('nothing')];
    await until(() => numbers.every((number) => mailbox.synced(number)));
    expect(mailbox.answers('nothing')).toEqual(onlineCpus().map((one) => ({ cpu: one, value: 0 })));
    expect(() => mailbox.post('eight')).toThrow(HandlerError);
    expect(() => mailbox.code.post('eight')).toThrow('the mailbox has no handler eight');
  });

  /** Enters or leaves, and does nothing else. */
  const half = ({ code, maps }: Mailbox, which: 'enter' | 'leave') => {
    const items = code.link([functionStart('half', 1, 'global'), ...code[which], move('r0', 0), exit()]);
    return loadProgram({ name: 'half', kind: { type: 'raw-tracepoint' }, items }, maps);
  };

  kernelTest('does not complete a sync while a program that entered before has not left', async () => {
    using mailbox = createMailbox();
    const [cpu = 0] = onlineCpus();
    using enter = half(mailbox, 'enter');
    using leave = half(mailbox, 'leave');
    runProgram(enter, { cpu });
    const number = mailbox.sync();
    await sleep(100);
    expect(mailbox.synced(number)).toBe(false);
    runProgram(leave, { cpu });
    await until(() => mailbox.synced(number));
  });

  kernelTest('whose server has waited in vain says for whom, and a new one completes what was asked', async () => {
    using mailbox = createMailbox();
    const before = getAffinity();
    const cpu = before.at(-1) ?? 0;
    using enter = half(mailbox, 'enter');
    using leave = half(mailbox, 'leave');
    runProgram(enter, { cpu });
    const number = mailbox.sync();
    setAffinity([cpu]);
    try {
      await until(() => mailbox.failure !== undefined);
      // Who looks runs there: this process, as the initial pid namespace numbers it.
      expect(mailbox.failure?.message.replace(/[1-9]\d*$/, 'N')).toBe(
        `the server of the mailbox has ended: CPU ${cpu} has been inside a probe for 2000 ms: enabled probe ID 0, process N`,
      );
      expect([mailbox.failure?.cpu, mailbox.failure?.hint]).toEqual([cpu, expect.stringMatching(/^either that CPU/)]);
      expect(() => mailbox.drain()).toThrow(mailbox.failure?.message);
    } finally {
      setAffinity(before);
    }
    runProgram(leave, { cpu });
    mailbox.restart();
    mailbox.drain();
    expect([mailbox.synced(number), mailbox.failure]).toEqual([true, undefined]);
  });

  kernelTest('has its own wakings and cross-calls post without a loop', async () => {
    using mailbox = createMailbox();
    for (const tracepoint of ['sched_waking', callTracepoint, 'csd_queue_cpu'].filter(hasTracepoint)) {
      using program = poster(mailbox, 'sync');
      using _link = attachRawTracepoint(program, tracepoint);
      const before = mailbox.statistics;
      const start = performance.now();
      // One waking at least; each round that is served wakes and calls again.
      mailbox.sync();
      await sleep(300);
      const after = mailbox.statistics;
      expect(after.posted + after.coalesced).toBeGreaterThan(before.posted + before.coalesced);
      expect(after.rounds - before.rounds).toBeLessThanOrEqual((performance.now() - start) / 0.5 + 1);
      expect(after.drops).toBe(0);
    }
    mailbox.drain();
  });

  kernelTest('takes posts for the doing of its server, unless they are said to be spontaneous', async () => {
    using mailbox = createMailbox();
    for (const spontaneous of [false, true]) {
      using program = poster(mailbox, 'sync', { spontaneous });
      using _link = attachRawTracepoint(program, callTracepoint);
      const before = mailbox.statistics;
      mailbox.sync();
      await until(() => {
        const { posted, coalesced, patient } = mailbox.statistics;
        return posted + coalesced > before.posted + before.coalesced + 20 && (spontaneous || patient > before.patient);
      });
      if (spontaneous) expect(mailbox.statistics.patient).toBe(before.patient);
    }
  });

  kernelTest('does not take posts for the doing of its server that come after its calls', () => {
    using mailbox = createMailbox();
    using program = poster(mailbox, 'sync');
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const [cpu = 0] = onlineCpus();
    for (let round = 1; round <= 40; round += 1) {
      // The server has just called that CPU, and will be about for a while.
      runProgram(program, { cpu });
      for (let tries = 0; tries < 20_000 && mailbox.statistics.completed < round; tries += 1)
        Atomics.wait(cell, 0, 0, 0.2);
    }
    const { posted, completed, patient } = mailbox.statistics;
    expect({ posted, completed }).toEqual({ posted: 40, completed: 40 });
    // Now and then a post meets the server itself, on its way to sleep.
    expect(patient).toBeLessThan(20);
  });

  kernelTest('whose server was woken sleeps again: it looks a few times a second, not all the time', async () => {
    const threads = (): readonly string[] => readdirSync('/proc/self/task');
    const before = new Set(threads());
    using mailbox = createMailbox();
    for (let round = 0; round < 5; round += 1) {
      const number = mailbox.sync();
      await until(() => mailbox.synced(number));
    }
    await sleep(300);
    /** Of its threads together: times that they went to sleep, and nanoseconds that they ran. */
    const spent = () => {
      const own = threads().filter((thread) => !before.has(thread));
      const read = (name: string) => own.map((thread) => readFileSync(`/proc/self/task/${thread}/${name}`, 'latin1'));
      const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
      return {
        sleeps: sum(read('status').map((text) => Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(text)?.[1]))),
        ran: sum(read('schedstat').map((text) => Number.parseInt(text, 10))),
      };
    };
    const { rounds } = mailbox.statistics;
    const from = spent();
    const start = performance.now();
    await sleep(1_000);
    const milliseconds = performance.now() - start;
    const to = spent();
    // Four looks a second. One that polls each 10 ms sleeps a hundred times, one that does not sleep runs all the time.
    expect(to.sleeps - from.sleeps).toBeLessThanOrEqual(milliseconds / 50);
    expect(to.ran - from.ran).toBeLessThan(milliseconds * 1e6 * 0.7);
    expect(mailbox.statistics.rounds).toBe(rounds);
  });

  kernelTest('shares its maps with the programs of its user', () => {
    using mailbox = createMailbox();
    using map = createMap({ name: 'seen', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1, mapped: true });
    const items = mailbox.code.link([
      functionStart('asker', 1, 'global'),
      move('r1', 0),
      ...mailbox.code.synced,
      alu('add', 'r0', 5),
      loadMapValue('r1', 'seen'),
      store(8, 'r1', 0, 'r0'),
      exit(),
    ]);
    const maps = new Map([...mailbox.maps, ['seen', map] as const]);
    using program = loadProgram({ name: 'asker', kind: { type: 'raw-tracepoint' }, items }, maps);
    const [cpu = 0] = onlineCpus();
    expect(xcall(cpu, program)).toEqual({ cpu, kind: 'returned', value: 5 });
    expect(map.memory?.u64[0]).toBe(5n);
  });

  kernelTest('leaves nothing when it is closed, and nothing when it cannot be opened', () => {
    const before = heldObjects();
    const mailbox = createMailbox();
    mailbox.sync();
    mailbox.close();
    mailbox.close();
    expect(heldObjects()).toEqual(before);
    // The verifier refuses to read behind the argument of nobody.
    expect(() => createMailbox({ handlers: { bad: { handler: [store(8, 'r1', 0, 0), exit()], cpu: 'all' } } })).toThrow(
      HandlerError,
    );
    expect(heldObjects()).toEqual(before);
  });

  kernelTest('refuses a handler that reads an argument, before a request would end its server', () => {
    const before = heldObjects();
    const handlers = { greedy: { handler: [load(8, 'r0', 'r1', 0), exit()], cpu: 'all' as const } };
    let error: unknown;
    try {
      createMailbox({ handlers });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(HandlerError);
    expect((error as HandlerError).handler).toBe('greedy');
    expect((error as HandlerError).message).toMatch(/^handler greedy was refused when it was to run: [\s\S]*hint: /);
    expect(heldObjects()).toEqual(before);
  });

  it.each([-1, 0.5, 60_000])('refuses a handler for CPU %d, which does not exist', (cpu) => {
    const handlers = { lost: { handler: [move('r0', 0), exit()], cpu } };
    expect(() => createMailbox({ handlers })).toThrow(NoSuchCpuError);
    expect(() => createMailbox({ handlers })).toThrow(`there is no CPU ${cpu}; call one of `);
  });

  it('refuses more handlers than requests have kinds', () => {
    const one = { handler: [move('r0', 0), exit()], cpu: 'all' as const };
    const handlers = Object.fromEntries(Array.from({ length: 254 }, (_, index) => [`h${index}`, one]));
    expect(() => createMailbox({ handlers })).toThrow('have at most 253');
  });

  it('refuses a handler that is called as the sync is', () => {
    expect(() => createMailbox({ handlers: { sync: { handler: [move('r0', 0), exit()], cpu: 'all' } } })).toThrow(
      'call none `sync`',
    );
  });
});
