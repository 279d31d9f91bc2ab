/**
 * Programs and maps as plain data. A spec is deterministic and needs no kernel: it is built and tested anywhere, and
 * `map.ts` and `loader.ts` turn it into a kernel object.
 */

import type { AssemblyItem } from './instruction.js';

/** The kinds of map that programs here use (linux/bpf.h, enum bpf_map_type). */
export type MapType = 'array' | 'hash' | 'percpu-array' | 'percpu-hash' | 'task-storage' | 'ring-buffer';

/** A map before it exists. */
export interface MapSpec {
  /** The name that instructions use; the kernel sees its first 15 characters. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes of a key: 4 for arrays and task storage, 0 for ring buffers. */
  readonly keySize: number;
  /** Bytes of a value, 0 for ring buffers. */
  readonly valueSize: number;
  /** Elements; the size in bytes of a ring buffer; 0 for task storage. */
  readonly maxEntries: number;
  /** Map it with mmap(2) (BPF_F_MMAPABLE, since Linux 5.5): arrays only. */
  readonly mapped?: boolean;
  /** Allocate elements as they come (BPF_F_NO_PREALLOC): hashes; task storage always does. */
  readonly preallocate?: boolean;
  /** What the map holds at the start, from byte 0 of the first element; the program sees it read-only when `frozen`. */
  readonly contents?: Uint8Array;
  /** Written once from `contents`, then read-only to programs and user space alike (BPF_F_RDONLY_PROG, BPF_MAP_FREEZE). */
  readonly frozen?: boolean;
}

/** What a program is to the kernel, which decides its context and where it can be attached. */
export type ProgramKind =
  /** BPF_PROG_TYPE_RAW_TRACEPOINT; context: an array of u64 arguments. Can be run by BPF_PROG_RUN. */
  | { readonly type: 'raw-tracepoint' }
  /** BPF_PROG_TYPE_TRACING with BPF_TRACE_RAW_TP: as above with arguments typed by the kernel's BTF, since Linux 5.5. */
  | { readonly type: 'typed-raw-tracepoint'; readonly tracepoint: string }
  /** BPF_PROG_TYPE_PERF_EVENT; context: struct bpf_perf_event_data. */
  | { readonly type: 'perf-event' };

/** A program before it exists. */
export interface ProgramSpec {
  /** The kernel sees its first 15 characters. */
  readonly name: string;
  readonly kind: ProgramKind;
  /** Starts with a `function` item, the entry; its parameter is the context. Further functions may follow. */
  readonly items: readonly AssemblyItem[];
}

/** The licence that every program is loaded with: this project's own, which the kernel takes as GPL-compatible. */
export const programLicense = 'Dual MIT/GPL';
