/**
 * Where output goes: a buffer before a file descriptor. Everything written is a byte string (`format/bytes.ts`);
 * `appendText` takes text.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { toByteString } from './format/bytes.js';

/** Nobody reads any more: the pipe's other end is closed (EPIPE). A consumer stops without a message, as on SIGPIPE. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
  constructor(output: string) {
    super(`the reader of ${output} went away`);
  }
}

/** Output could not be opened or written; `code` is the system's, such as ENOSPC. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Bytes held back at most before they are written. */
const defaultLimit = 64 * 1024;

const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread, as a write to a full pipe does. */
function sleep(milliseconds: number): void {
  Atomics.wait(sleepWord, 0, 0, milliseconds);
}

/** The system's error code and text. */
function causeOf(error: unknown): { readonly code: string; readonly text: string } {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  // Node writes "ENOENT: no such file or directory, open '…'".
  const text = /^\w+: ([^,]+)/.exec(error.message)?.[1] ?? error.message;
  return { code: String(error.code), text };
}

/** What an output may be told. */
export interface OutputSettings {
  /** How messages name it: the path of a file, or `standard output`. */
  readonly name?: string;
  /** Bytes held back before a write. */
  readonly limit?: number;
  /** Whether `close()` closes the descriptor. */
  readonly owned?: boolean;
  /** Writes bytes to the descriptor and says how many it took; throws system errors. For tests; writeSync(2) if not given. */
  readonly write?: (descriptor: number, bytes: Buffer, offset: number, length: number) => number;
}

/** A buffered output. What it holds is written by `flush()`, when the limit is reached and by `close()`. */
export class Output {
  readonly #descriptor: number;
  readonly #name: string;
  readonly #limit: number;
  readonly #owned: boolean;
  readonly #write: NonNullable<OutputSettings['write']>;
  // Concatenation is the cheapest way to gather short strings: V8 builds a rope and flattens it once, when written.
  #pending = '';
  #bytes: Buffer;
  #written = 0;
  #closed = false;

  constructor(descriptor: number, settings: OutputSettings = {}) {
    const { name = 'standard output', limit = defaultLimit, owned = false, write = writeSync } = settings;
    this.#descriptor = descriptor;
    this.#name = name;
    this.#limit = limit;
    this.#owned = owned;
    this.#write = write;
    this.#bytes = Buffer.allocUnsafe(Math.max(limit, 4096));
  }

  /** Bytes that the descriptor has taken so far. */
  get written(): number {
    return this.#written;
  }

  /** Bytes taken and still held back: all that was appended. */
  get appended(): number {
    return this.#written + this.#pending.length;
  }

  /**
   * Adds a byte string.
   * @throws {OutputClosedError | OutputError} when the limit is reached and writing fails.
   */
  append(bytes: string): void {
    this.#pending += bytes;
    if (this.#pending.length >= this.#limit) this.flush();
  }

  /** Adds a text as UTF-8. Throws as `append` does. */
  appendText(text: string): void {
    this.append(toByteString(text));
  }

  /**
   * Writes everything that is held back. A non-blocking descriptor that is full is waited for.
   * @throws {OutputClosedError} when the reader is gone: what was held back is dropped.
   * @throws {OutputError} when the system refuses for another reason.
   */
  flush(): void {
    if (this.#pending === '') return;
    const pending = this.#pending;
    this.#pending = '';
    if (pending.length > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(pending.length);
    this.#bytes.write(pending, 0, 'latin1');
    let wait = 1;
    for (let at = 0; at < pending.length; ) {
      try {
        const taken = this.#write(this.#descriptor, this.#bytes, at, pending.length - at);
        at += taken;
        this.#written += taken;
        wait = 1;
      } catch (error) {
        const { code, text } = causeOf(error);
        if (code === 'EINTR') continue;
        if (code === 'EAGAIN') {
          sleep(wait);
          wait = Math.min(wait * 2, 16);
          continue;
        }
        if (code === 'EPIPE') throw new OutputClosedError(this.#name);
        throw new OutputError(`cannot write to ${this.#name}: ${text} (${code})`, code);
      }
    }
  }

  /** Flushes, and closes the descriptor if it is the output's own. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.flush();
    } finally {
      if (this.#owned) closeSync(this.#descriptor);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens the file of `-o`: made if it is not there, appended to if it is, as dtrace does.
 * @throws {OutputError} when it cannot be opened.
 */
export function openOutput(path: string): Output {
  try {
    return new Output(openSync(path, 'a', 0o666), { name: path, owned: true });
  } catch (error) {
    const { code, text } = causeOf(error);
    throw new OutputError(`failed to open output file '${path}': ${text}`, code);
  }
}
