/**
 * Speculations when a program is interpreted: DTrace's states on a machine with one CPU (dtrace.c, DTRACESPEC_*). A
 * speculation that ends while nothing of it is in the buffer of this CPU waits for `cleanSpeculations()`, as it does in the
 * kernel; there the cleaner comes at `cleanrate`.
 */

/** One speculation. */
export interface Speculation {
  /** Free; taken; recorded into, on one CPU; ended, to be cleaned: published or forgotten. */
  state: 'inactive' | 'active' | 'active-one' | 'active-many' | 'committing-many' | 'discarding';
  readonly bytes: Uint8Array;
  /** Bytes of `bytes` that records take. */
  used: number;
}

/** All of a program. */
export interface Speculations {
  /** By number, less 1. */
  readonly all: readonly Speculation[];
  /** Calls of speculation() that found none free: because of ones not yet cleaned, and because all were in use. */
  busy: number;
  unavailable: number;
  /** Records that found no room. */
  drops: number;
}

/** `count` free speculations of `size` bytes each. */
export function createSpeculations(count: number, size: number): Speculations {
  const all = Array.from(
    { length: count },
    (): Speculation => ({ state: 'inactive', bytes: new Uint8Array(size), used: 0 }),
  );
  return { all, busy: 0, unavailable: 0, drops: 0 };
}

/** speculation(): takes the first that is free; gives its number, or 0 and counts. */
export function takeSpeculation(speculations: Speculations): number {
  const free = speculations.all.findIndex(({ state }) => state === 'inactive');
  const found = speculations.all[free];
  if (found !== undefined) {
    found.state = 'active';
    return free + 1;
  }
  if (speculations.all.some(({ state }) => state === 'committing-many' || state === 'discarding'))
    speculations.busy += 1;
  else speculations.unavailable += 1;
  return 0;
}

/** The speculation of a number, undefined if there is none. */
export const findSpeculation = ({ all }: Speculations, number: bigint): Speculation | undefined =>
  number >= 1n && number <= BigInt(all.length) ? all[Number(number) - 1] : undefined;

/**
 * speculate(): room for a record of `size` bytes, zeroed; undefined where the speculation takes no records, or has no room,
 * which counts.
 */
export function reserveSpeculative(
  speculations: Speculations,
  speculation: Speculation,
  size: number,
): DataView | undefined {
  const { state, bytes, used } = speculation;
  if (state === 'active') speculation.state = 'active-one';
  // An empty buffer is taken for another CPU's.
  else if (state === 'active-one') speculation.state = used > 0 ? 'active-one' : 'active-many';
  else if (state !== 'active-many') return undefined;
  if (used + size > bytes.length) {
    speculations.drops += 1;
    return undefined;
  }
  speculation.used += size;
  bytes.fill(0, used, used + size);
  return new DataView(bytes.buffer, bytes.byteOffset + used, size);
}

/** commit(): the records so far, which leave the speculation. */
export function commitSpeculation(speculation: Speculation): Uint8Array {
  const { state } = speculation;
  if (state === 'inactive' || state === 'discarding') return new Uint8Array();
  const sole = state === 'active' || (state === 'active-one' && speculation.used > 0);
  speculation.state = sole ? 'inactive' : 'committing-many';
  return empty(speculation);
}

/** discard(); `isOpen`: by the clause that is recording into it, so that the cleaner must see to the buffer. */
export function discardSpeculation(speculation: Speculation, isOpen: boolean): void {
  const { state, used } = speculation;
  if (state !== 'active' && state !== 'active-one' && state !== 'active-many') return;
  speculation.state = state === 'active-one' && used > 0 && !isOpen ? 'inactive' : 'discarding';
  if (!isOpen) empty(speculation);
}

/** Makes those free that have ended. */
export function cleanSpeculations({ all }: Speculations): void {
  for (const speculation of all) {
    if (speculation.state !== 'committing-many' && speculation.state !== 'discarding') continue;
    speculation.state = 'inactive';
    speculation.used = 0;
  }
}

function empty(speculation: Speculation): Uint8Array {
  const records = speculation.bytes.slice(0, speculation.used);
  speculation.used = 0;
  return records;
}
