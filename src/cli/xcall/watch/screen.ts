/** A block of lines that is written over and over again: in place on a terminal, one after the other elsewhere. */

/** A stream, such as standard output. */
export interface ScreenStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Where tables are shown. */
export interface Screen {
  /** Characters of a line, and lines of a block that can be redrawn; `height` undefined: any number. */
  room(): { readonly width: number; readonly height?: number };
  show(lines: readonly string[]): void;
}

/** A screen on a stream. A terminal that does not know its size says 0. */
export function createScreen(stream: ScreenStream): Screen {
  let shown = 0;
  const terminal = stream.isTTY === true;
  return {
    // The line after the block is the cursor's.
    room: () => (terminal ? { width: (stream.columns || 80) - 1, height: (stream.rows || 24) - 1 } : { width: 132 }),
    show: (lines) => {
      // A line that wraps could not be written over.
      const fitting = terminal ? lines.map((line) => line.slice(0, (stream.columns || 80) - 1)) : lines;
      const again = shown === 0 ? '' : terminal ? `\u001b[${shown}A\u001b[J` : '\n';
      stream.write(`${again}${fitting.map((line) => `${line}\n`).join('')}`);
      shown = lines.length;
    },
  };
}
