/**
 * Cross-calls, public as `dtrace-linux/xcall`: run a handler on other CPUs, and wait until no CPU is inside a probe that
 * began before. Handlers are made of instructions of `dtrace-linux/bpf`. Needs Linux 5.10 or newer, and root or CAP_BPF
 * and CAP_PERFMON.
 */

export { HandlerError, NoSuchCpuError } from './errors.js';
export { type HandlerOptions, loadHandler } from './handler.js';
export type { MailboxLatency, MailboxStatistics } from './mailbox/boxes.js';
export { MailboxError } from './mailbox/thread.js';
export {
  createMailbox,
  type Mailbox,
  type MailboxCode,
  type MailboxHandler,
  type MailboxOptions,
} from './mailbox.js';
export {
  createSync,
  type Straggler,
  type Sync,
  SyncError,
  type SyncOptions,
  type SyncStatistics,
} from './sync.js';
export { type Handler, type XcallAnswer, xcall } from './xcall.js';
