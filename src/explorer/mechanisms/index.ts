/** All mechanisms, in the order of the report. */

import type { Mechanism } from '../model/mechanism.js';
import { apicWrap } from './apic-wrap/apic-wrap.js';
import { lockAndCli } from './conventional/lock-and-cli.js';
import { dtraceSync } from './dtrace/dtrace-sync.js';
import { dtraceSyncCallers } from './dtrace/dtrace-sync-callers.js';
import { dtrace4linuxDropTick } from './dtrace4linux/drop-tick.js';
import { dtrace4linuxEnableIrqs } from './dtrace4linux/enable-irqs.js';
import { dtrace4linuxTimerXcall } from './dtrace4linux/timer-xcall.js';
import { dtrace4linuxXcallNew } from './dtrace4linux/xcall-new.js';
import { gracePeriod } from './linux/grace-period.js';
import { linuxFriends } from './linux/linux-friends.js';
import { linuxSmpCall } from './linux/linux-smp-call.js';
import { aggregationUpdate } from './ours/aggregation-update.js';
import { bufferSwitch } from './ours/buffer-switch.js';
import { epochSync } from './ours/epoch-sync.js';
import { mailbox } from './ours/mailbox.js';
import { scratch } from './ours/scratch.js';
import { speculation } from './ours/speculation.js';
import { solarisXcall } from './solaris/solaris-xcall.js';

/** All mechanisms that the package has, by names that are unique. */
export const mechanisms: readonly Mechanism[] = [
  linuxSmpCall,
  linuxFriends,
  lockAndCli,
  solarisXcall,
  dtrace4linuxTimerXcall,
  dtrace4linuxXcallNew,
  dtrace4linuxEnableIrqs,
  dtrace4linuxDropTick,
  apicWrap,
  dtraceSync,
  dtraceSyncCallers,
  epochSync,
  bufferSwitch,
  aggregationUpdate,
  scratch,
  mailbox,
  speculation,
  gracePeriod,
];
