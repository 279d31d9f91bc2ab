/** The providers, in the order in which their probes are numbered. */

import { dtraceProvider } from './dtrace.js';
import { irqProvider } from './irq.js';
import { profileProvider } from './profile.js';
import type { Provider } from './provider.js';
import { syscallProvider } from './syscall.js';
import { xcallProvider } from './xcall.js';

/** Every provider. */
export const allProviders: readonly Provider[] = [
  dtraceProvider,
  syscallProvider,
  profileProvider,
  xcallProvider,
  irqProvider,
];
