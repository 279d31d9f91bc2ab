/** The progress line of a search: on standard error, on a terminal only. */

/** How far a search is. */
export interface Progress {
  readonly states: number;
  readonly depth: number;
  readonly seconds: number;
  /** Memory of the search. */
  readonly bytes: number;
}

/** A line that is written over and over again. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Wipes the line, so that something else can be written. */
  clear(): void;
}

/** A stream, such as standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A progress line; `title` stands before it. On anything but a terminal it writes nothing. */
export function progressLine(stream: ProgressStream, title = ''): ProgressLine {
  let shown = false;
  return {
    show(progress) {
      if (stream.isTTY !== true) return;
      const text = `${title === '' ? '' : `${title}: `}${progressText(progress)}`;
      // A line that wraps could not be wiped.
      stream.write(`\r\u001b[K${text.slice(0, (stream.columns || 80) - 1)}`);
      shown = true;
    },
    clear() {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}

/** `1,234,567 states, 250,000/s, depth 40, 96 MB` */
export function progressText({ states, depth, seconds, bytes }: Progress): string {
  const rate = seconds > 0 ? Math.round(states / seconds) : 0;
  return `${grouped(states)} states, ${grouped(rate)}/s, depth ${depth}, ${Math.ceil(bytes / 1e6)} MB`;
}

const grouped = (count: number): string => count.toLocaleString('en-GB');
