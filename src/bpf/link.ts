/** Attaching programs: a link keeps a program running at its place until it is closed. */

import {
  bpf,
  createAttributes,
  disablePerfEvent,
  errno,
  type OwnedDescriptor,
  openTimerEvent,
  ownDescriptor,
  SystemCallError,
  setPerfEventProgram,
  type TimerEvent,
} from '../sys/index.js';
import { BpfSpecError, failure, succeeded } from './loader/errors.js';
import type { Program } from './program.js';

/** An attachment. Closing detaches; so does the end of this process. */
export interface Link {
  readonly closed: boolean;
  /** Closing again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

const tracepointOf = ({ spec: { name, kind } }: Program, tracepoint: string | undefined): string => {
  if (kind.type === 'typed-raw-tracepoint') {
    if (tracepoint !== undefined && tracepoint !== kind.tracepoint) {
      throw new BpfSpecError(`program ${name} is loaded for tracepoint ${kind.tracepoint}, not ${tracepoint}`);
    }
    return kind.tracepoint;
  }
  if (kind.type !== 'raw-tracepoint' || tracepoint === undefined) {
    throw new BpfSpecError(`program ${name} is of type ${kind.type}, with tracepoint ${tracepoint ?? 'not named'}`);
  }
  return tracepoint;
};

/**
 * Attaches a program to a raw tracepoint; a typed one knows which. Throws BpfSpecError for a program of another type,
 * SystemCallError (ENOENT: no such tracepoint).
 *
 * The kernel skips a program that is already running on the CPU: attach one to one tracepoint only.
 */
export const attachRawTracepoint = (program: Program, tracepoint?: string): OwnedDescriptor => {
  const name = tracepointOf(program, tracepoint);
  const attributes = createAttributes(16).u32(8, program.fd);
  if (program.spec.kind.type === 'raw-tracepoint') {
    attributes.pointer(0, new TextEncoder().encode(`${name}\0`));
  }
  const call = `bpf(BPF_RAW_TRACEPOINT_OPEN) of ${name}`;
  return ownDescriptor(succeeded(call, bpf('BPF_RAW_TRACEPOINT_OPEN', attributes)), `link to ${name}`);
};

const attachTypePerfEvent = 41;

const setProgram = (program: Program, event: number): Link => {
  setPerfEventProgram(event, program.fd);
  let closed = false;
  const close = () => {
    if (!closed) {
      closed = true;
      disablePerfEvent(event);
    }
  };
  return {
    get closed() {
      return closed;
    },
    close,
    [Symbol.dispose]: close,
  };
};

/**
 * Attaches a program to a perf event, whose descriptor stays the caller's. Where the kernel has no links for it (before
 * Linux 5.15) the program stays with the event, and closing the link stops the event. Throws SystemCallError (EEXIST:
 * the event has a program).
 */
export const attachPerfEvent = (program: Program, event: number): Link => {
  const attributes = createAttributes(24).u32(0, program.fd).u32(4, event).u32(8, attachTypePerfEvent);
  const result = bpf('BPF_LINK_CREATE', attributes);
  if (result === -errno.EINVAL) {
    return setProgram(program, event);
  }
  if (result < 0) {
    throw failure('bpf(BPF_LINK_CREATE) of a perf event', result);
  }
  return ownDescriptor(result, 'link to a perf event');
};

/**
 * Opens a timer event (`openTimerEvent`), for `attachPerfEvent`. Throws PrivilegeError, SystemCallError (ENODEV: the CPU
 * is not online).
 */
export const openTimer = (event: TimerEvent): OwnedDescriptor => {
  try {
    return ownDescriptor(openTimerEvent(event), `${event.counter} event on CPU ${event.cpu}`);
  } catch (error) {
    throw error instanceof SystemCallError ? failure(error.call, -error.errno) : error;
  }
};
