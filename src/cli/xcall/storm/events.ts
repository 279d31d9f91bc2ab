/**
 * Tracepoints of the scheduler and of the network that the storm counts: there are no providers for them yet. Their
 * firings are counted, whoever causes them, and nothing of them is kept.
 */

import type { Provider } from '../../../providers/provider.js';
import { runningKernelEvents, type TracepointProbe, tracepointProvider } from '../../../providers/tracepoint.js';

const probe = (
  group: string,
  name: string,
  tracepoint: string,
  contexts: TracepointProbe['contexts'],
): TracepointProbe => ({ function: group, name, tracepoint, contexts, emitArguments: () => {} });

/** The provider `storm`: `storm::sched:waking`, `:switch`, `storm::net:queue` and `:receive`, as far as the kernel has them. */
export const createStormProvider = (): Provider =>
  tracepointProvider(
    'storm',
    [
      // Of the thread that runs, with interrupts on; of others with interrupts off.
      probe('sched', 'waking', 'sched_waking', ['task', 'hardirq']),
      probe('sched', 'switch', 'sched_switch', ['hardirq']),
      probe('net', 'queue', 'net_dev_queue', ['task', 'softirq']),
      probe('net', 'receive', 'netif_receive_skb', ['task', 'softirq']),
    ],
    runningKernelEvents(),
  );
