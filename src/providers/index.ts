/** The providers, in the order in which their probes are numbered. */

import { dtraceProvider } from './dtrace.js';
import { profileProvider } from './profile.js';
import type { Provider } from './provider.js';
import { syscallProvider } from './syscall.js';

/** Every provider. */
export const allProviders: readonly Provider[] = [dtraceProvider, syscallProvider, profileProvider];
