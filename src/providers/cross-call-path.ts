/**
 * Which functions of the kernel lie between whoever wants a cross-call and the tracepoint that tells of it
 * (docs/providers.md has the list). The caller of the outermost of them is the one who asks.
 *
 * Names that a kernel does not have do no harm, nor do those that its compiler has put into their callers.
 */

/** kernel/smp.c and what it is to the architecture: functions for other CPUs, and the interrupts for them. */
const calls = [
  ...['smp_call_function', 'smp_call_function_single', 'smp_call_function_single_async', 'smp_call_function_any'],
  ...['smp_call_function_many', 'smp_call_function_many_cond', 'generic_exec_single', '__smp_call_single_queue'],
  ...['on_each_cpu', 'on_each_cpu_cond', 'on_each_cpu_cond_mask', 'on_each_cpu_mask'],
  ...['kick_all_cpus_sync', 'wake_up_all_idle_cpus', 'wake_up_if_idle', 'call_function_single_prep_ipi'],
  ...['send_call_function_single_ipi', 'send_call_function_ipi_mask', 'arch_send_call_function_single_ipi'],
  ...['arch_send_call_function_ipi_mask', 'native_send_call_func_single_ipi', 'native_send_call_func_ipi'],
  ...['irq_work_queue', 'irq_work_queue_on', '__irq_work_queue_local', 'arch_irq_work_raise'],
];

/** Flushes of the memory mappings of several CPUs, in the forms that hypervisors have. */
const flushes = ['flush_tlb_multi', 'native_flush_tlb_multi', 'kvm_flush_tlb_multi', 'xen_flush_tlb_multi'].concat(
  'hyperv_flush_tlb_multi',
);

/** kernel/sched/core.c: a CPU is to look at its run queue again. */
const reschedules = [
  ...['smp_send_reschedule', 'arch_smp_send_reschedule', 'native_smp_send_reschedule', 'kick_process'],
  ...['resched_curr', '__resched_curr', 'resched_curr_lazy', 'resched_cpu', 'wake_up_nohz_cpu', 'wake_up_idle_cpu'],
  ...['wakeup_preempt', 'wakeup_preempt_fair', 'wakeup_preempt_rt', 'wakeup_preempt_dl', 'wakeup_preempt_idle'],
  ...['wakeup_preempt_stop', 'wakeup_preempt_scx', 'check_preempt_curr', 'check_preempt_curr_rt'],
  ...['check_preempt_curr_dl', 'check_preempt_wakeup', 'check_preempt_wakeup_fair'],
];

/** kernel/sched/: a task is put on the queue of another CPU, or taken off, whose own one may have run for long enough. */
const enqueues = [
  ...['activate_task', 'enqueue_task', 'enqueue_task_fair', 'enqueue_task_rt', 'enqueue_task_dl', 'enqueue_task_scx'],
  ...['dequeue_task', 'dequeue_task_fair', 'dequeue_entities', 'enqueue_entity', 'dequeue_entity'],
  ...['reweight_entity', 'place_entity', 'update_cfs_group'],
  ...['update_curr', 'update_curr_fair', 'update_curr_rt', 'update_curr_dl', 'update_curr_common'],
];

/** kernel/sched/core.c: a task is woken, and put on the queue of another CPU. */
const wakeups = [
  ...['try_to_wake_up', 'ttwu_queue', 'ttwu_queue_wakelist', '__ttwu_queue_wakelist', 'ttwu_do_activate'],
  ...['ttwu_do_wakeup', 'ttwu_runnable', 'wake_up_process', 'wake_up_state', 'wake_up_new_task', 'wake_up_q'],
  'rcuwait_wake_up',
];

/** kernel/sched/wait.c, swait.c, completion.c: queues of those who wait, and what is called for each of them. */
const queues = [
  ...['__wake_up', '__wake_up_common', '__wake_up_common_lock', '__wake_up_locked', '__wake_up_locked_key'],
  ...['__wake_up_locked_key_bookmark', '__wake_up_locked_sync_key', '__wake_up_sync', '__wake_up_sync_key'],
  ...['__wake_up_on_current_cpu', '__wake_up_pollfree', '__wake_up_bit', 'wake_up_bit', 'wake_up_var'],
  ...['swake_up_one', 'swake_up_all', 'swake_up_locked', 'swake_up_all_locked'],
  ...['complete', 'complete_all', 'complete_with_flags', 'complete_on_current_cpu'],
  ...['wake_bit_function', 'wake_page_function', 'pollwake', '__pollwake', 'ep_poll_callback'],
];

const names: ReadonlySet<string> = new Set([...calls, ...flushes, ...reschedules, ...enqueues, ...wakeups, ...queues]);

/** What compilers add to the name of a function, before and behind it. */
const additions = /^__pfx_|\..*$/g;

/** Whether a function, by its name in /proc/kallsyms, is on the way from whoever asks to the tracepoint. */
export function isOnCrossCallPath(name: string): boolean {
  const base = name.replace(additions, '');
  return names.has(base) || base.endsWith('_wake_function');
}
