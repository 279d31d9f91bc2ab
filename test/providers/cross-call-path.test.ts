import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOnCrossCallPath } from '../../src/providers/cross-call-path.js';

describe('the way of a cross-call', () => {
  it.each([
    ...['smp_call_function_single', 'smp_call_function_many_cond', 'generic_exec_single', 'on_each_cpu_cond_mask'],
    ...['smp_call_function_any', '__smp_call_single_queue', 'ttwu_queue_wakelist', 'try_to_wake_up'],
    ...['irq_work_queue_on', 'native_smp_send_reschedule', '__resched_curr', 'wake_up_q', '__wake_up_common'],
    ...['ep_poll_callback', 'autoremove_wake_function', 'ep_autoremove_wake_function', 'native_flush_tlb_multi'],
    ...['enqueue_task_fair', 'complete'],
    ...['smp_call_function_many_cond.cold', '__pfx_generic_exec_single', 'wake_up_q.part.0.constprop.0'],
  ])('has %s', (name) => {
    expect(isOnCrossCallPath(name)).toBe(true);
  });

  it.each([
    ...['bpf_prog_test_run_raw_tp', '__bpf_prog_test_run_raw_tp', 'membarrier_private_expedited'],
    ...['flush_tlb_mm_range', 'smp_text_poke_batch_finish', 'event_function_call', 'rcu_barrier', 'futex_wake'],
    ...['anon_pipe_write', 'pipe_write', 'eventfd_write', 'hrtimer_wakeup', 'complete_signal', 'sched_balance_rq'],
    ...['sched_ttwu_pending', 'smp_call_function_x', 'wake_function', ''],
  ])('ends before %s', (name) => {
    expect(isOnCrossCallPath(name)).toBe(false);
  });
});

describe('the documented way of a cross-call', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/providers.md'), 'utf8');
  const section = /### Who asks\n([\s\S]*?)\n## /.exec(text)?.[1] ?? '';
  const documented = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? []));

  it('names functions that are passed over', () => {
    const whole = documented.filter((name) => !name.includes('*'));
    expect(whole.length).toBeGreaterThan(20);
    expect(whole.filter((name) => !isOnCrossCallPath(name))).toEqual([]);
  });

  it('has patterns of which one function at least is passed over', () => {
    const endings = ['', 'one', 'single', '_fair', '_mask', '_one', '_on', '_sync', 'queue', 'wakeup', 'autoremove'];
    const patterns = documented.filter((name) => name.includes('*'));
    expect(patterns.length).toBeGreaterThan(5);
    const without = patterns.filter(
      (pattern) => !endings.some((ending) => isOnCrossCallPath(pattern.replace('*', ending))),
    );
    expect(without).toEqual([]);
  });
});
