/** A bar that fills up: on a terminal only. */

import type { ProgressStream } from '../progress.js';

/** The bar. */
export interface ProgressBar {
  /** Draws it: how much is done, from 0 to 1, and what is being done. */
  show(share: number, what: string): void;
  /** Wipes it, so that something else can be written. */
  clear(): void;
}

const columns = 30;

/** A bar on a stream; on anything but a terminal it writes nothing. */
export function progressBar(stream: ProgressStream): ProgressBar {
  let shown = false;
  return {
    show(share, what) {
      if (stream.isTTY !== true) return;
      const filled = Math.round(share * columns);
      const text = `[${'#'.repeat(filled).padEnd(columns, '.')}] ${what}`;
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
