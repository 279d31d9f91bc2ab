/**
 * Where things lie in the memory that probes and the consumer share: one place for every offset.
 *
 * Maps of a session (all arrays of one element, so that programs reach them without a helper):
 *
 *   control       mapped   the global words, then one control block a CPU slot
 *   slots         mapped   CPU number -> slot, one byte each; 255: the CPU has none
 *   principal     mapped   [half][slot] buffers of `bufferSize` bytes
 *   aggregations  mapped   [half][slot][level] areas (aggregation-layout.ts)
 *   context                [slot][level] context areas: what one firing needs while it runs
 *   probes        frozen   a row for each enabled probe: id, clauses, names
 *   globals                the D program's global scalars
 *   speculations, speculative   speculation-layout.ts
 *
 * A *slot* stands for a CPU (numbers of possible CPUs can be large and sparse), a *level* for the depth of nesting: the
 * firing that interrupted another on the same CPU has areas of its own.
 */

/**
 * Activity of a session, as DTrace's DTRACE_ACTIVITY_*. Probes compare the word with what their site requires. Killed is
 * what the deadman has ended: no probe fires any more, END neither.
 */
export const activity = { inactive: 0, warmup: 1, active: 2, draining: 3, stopped: 4, killed: 5 } as const;

/** Name of an activity. */
export type Activity = keyof typeof activity;

/** Offsets in the map `control`, bytes. Activity and selectors share a 64-bit word: a probe reads both at once. */
export const controlWords = {
  /** u32, `activity`. */
  activity: 0,
  /** u32, which half of each switched resource is live: bit 0 the principal buffers, bit 8 the aggregations. */
  selectors: 4,
  /** i64 ns, what to add to the monotonic clock to get the wall clock. */
  wallOffset: 8,
  /** The first exit(): i32 its status, u32 1 once there was one. */
  exitStatus: 16,
  /** u64, firings on CPUs without a slot; atomic. */
  slotlessDrops: 24,
  /** u64 ns of the monotonic clock, when the system was last known to respond: the deadman's. */
  alive: 32,
  /** u64 ns of the monotonic clock, when the consumer was last about. */
  status: 40,
  /** u64, number of the request that the deadman has posted; 0: none. */
  asked: 48,
  /** u64, stacks that could not be walked; atomic. */
  stackDrops: 56,
  /** The control blocks start here. */
  blocks: 64,
} as const;

/** What the word at `controlWords.exitStatus` has beside the status. */
export const exitClaimed = 1n << 32n;

/** Bits of the selectors, seen in the 64-bit word at `controlWords.activity`. */
export const selectorShift = { principal: 32, aggregations: 40 } as const;

/** Offsets in the control block of a slot, bytes. Counters of drops are atomic, since contexts nest. */
export const controlBlock = {
  /** u64, how many probe contexts are open on the CPU. */
  inprobe: 0,
  /** u64, the EPID of the clause that ran last: the innermost one while `inprobe` is not zero. */
  epid: 8,
  /** u64[2], bytes reserved in each half of the principal buffer; may exceed the buffer's size when it is full. */
  principalOffset: 16,
  /** u64[2], records that found no room, by half. */
  principalDrops: 32,
  /** u64, updates of aggregations that found no room. */
  aggregationDrops: 48,
  /** u64, assignments to dynamic variables that found no room or were refused by the kernel. */
  dynamicDrops: 56,
  /** u64, firings nested deeper than there are levels. */
  nestingDrops: 64,
  /** u64, faults inside an ERROR clause. */
  errorDrops: 72,
  /** u64 ns of the monotonic clock, when the current thread was put on the CPU; 0 before the first switch. */
  switchedAt: 80,
  /** u64 ns, the time that thread had spent on CPUs by then. */
  switchedRuntime: 88,
  /** u64, the pid that the diagnosing handler found running. */
  observedPid: 96,
  /** u64, a bit for each level that is claimed; where firings can be preempted. */
  levels: 104,
  /** u64, the kernel's id of that thread: a switch that no observer saw leaves another one here. */
  switchedThread: 112,
  /** u64, how many threads were numbered on the CPU; atomic. */
  threads: 120,
  /** Size of a block: two cache lines. */
  size: 128,
} as const;

/** Slot number of a CPU that has none. */
export const noSlot = 255;

/** Offsets in a context area, bytes; what a program needs beyond `fixed` is placed by its layout. */
export const contextArea = {
  /** u64, activity and selectors as read at entry. */
  control: 0,
  /** u64, the slot. */
  slot: 8,
  /** u64, the level. */
  level: 16,
  /** u64, the number of this area: slot × levels + level. */
  index: 24,
  /** u64, the row of the probe in the map `probes`. */
  row: 32,
  /** u64, the probe id. */
  probeId: 40,
  /** u64 ns, the firing's reading of the monotonic clock; 0 until it is read. */
  timestamp: 48,
  /** u64 ns, the same for vtimestamp. */
  vtimestamp: 56,
  /** i64, the D variable errno. */
  errno: 64,
  /** i64[10], arg0 to arg9. */
  arguments: 72,
  /** The fault that ended a clause: u64 each of EPID, action (0: the predicate), BPF pc, kind, value. */
  fault: 152,
  /** What ERROR clauses must not change, put aside while they run: row, probe id, errno, arg0 to arg5. */
  saved: 192,
  /** End of what every program has. */
  fixed: 264,
} as const;

/**
 * Frames on top of a stack that may be the tracer's own: room for them lies behind every stack in a context area. Their
 * bytes are a mask, by which the verifier sees how many are passed over.
 */
export const ownFrames = 15;

/**
 * Frames that variables look at: that where the probe fired and the one above; as many as the kernel walks at most
 * (sysctl kernel.perf_event_max_stack, unless somebody has raised it).
 */
export const walkedFrames = { caller: 2, stackdepth: 127 } as const;

/** Kinds of fault, as DTrace numbers them (DTRACEFLT_*, the Dynamic Tracing Guide's table for arg4 of ERROR). */
export const faultKinds = {
  'unknown fault': 0,
  'invalid address': 1,
  'invalid alignment': 2,
  'illegal operation': 3,
  'divide-by-zero': 4,
  'out of scratch space': 5,
  'invalid kernel access': 6,
  'invalid user access': 7,
  'stack overflow': 8,
} as const;

/** Name of a fault. */
export type FaultKind = keyof typeof faultKinds;

/** Records of principal buffers: u32 EPID, u32 probe id, then the clause's fields. */
export const recordHeader = {
  epid: 0,
  probeId: 4,
  size: 8,
  /** Set in the EPID of a record whose clause faulted after the space was reserved. */
  voidFlag: 0x8000_0000,
} as const;

/** The record of the built-in ERROR clause, EPID 1: header (of the faulting probe), then u64 each. */
export const errorRecord = { epid: 8, action: 16, pc: 24, kind: 32, value: 40, size: 48 } as const;

/** What a clause function returns to its site: bits, both of them where a statement behind exit() faulted. */
export const clauseResult = { done: 0, fault: 1, exit: 2, faultAfterExit: 3 } as const;

/** Rows of the map `probes`: u64 id, u64 clause bits for every 64 clauses, then the names. */
export const probeRow = { id: 0, clauses: 8 } as const;

/** The sizes that a session fixes before its programs are generated. */
export interface RuntimeShape {
  /** CPU slots, a power of two, at most 128. */
  readonly slots: number;
  /** Entries of the map `slots`, a power of two that covers every possible CPU number. */
  readonly cpus: number;
  /** How deep firings may nest on one CPU, a power of two: 1 where nothing enabled can interrupt anything else. */
  readonly levels: number;
  /** Whether a firing can be preempted by another that outlives it: levels are then claimed, and counts atomic. */
  readonly preemptible: boolean;
  /** Bytes of a principal buffer, a multiple of 8. */
  readonly bufferSize: number;
  /** Bytes of aggregation entries a CPU, for all aggregations together. */
  readonly aggregationSize: number;
  /** Elements of each associative array, fewer where they are large. */
  readonly dynamicEntries: number;
  /** How many speculations there are. */
  readonly speculations: number;
  /** Bytes of the buffer that each CPU has for each speculation, a multiple of 8. */
  readonly speculationSize: number;
  /**
   * A part that is wrong on purpose, to see what becomes of it (`xcall storm --break`): all levels of a CPU share its
   * areas of aggregations, or a post takes its number by a load and a store.
   */
  readonly wrong?: 'plain-count' | 'lost-post';
}
