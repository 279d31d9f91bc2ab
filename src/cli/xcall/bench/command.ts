/** `xcall bench`: what cross-calls cost on this machine. It is loaded when it is asked for: it needs koffi. */

import { thisCommandLine } from '../../privilege.js';
import type { XcallArguments } from '../arguments.js';
import { outputWidth, print } from '../output.js';
import { refusalText } from '../refusal.js';
import { measure } from './measure.js';
import { progressBar } from './progress-bar.js';
import { benchJson, benchText } from './report.js';

/** Exit status of a machine, or a user, that cannot make cross-calls. */
const impossible = 1;

/** How long it measures unless told, at most. */
export const defaultSeconds = 10;

/** Measures and prints; gives the exit status. */
export function benchCommand({ json, seconds = defaultSeconds }: XcallArguments): number {
  const bar = progressBar(process.stderr);
  try {
    const measured = measure(seconds * 1000, (share, what) => bar.show(share, what));
    bar.clear();
    print(
      json ? `${JSON.stringify(benchJson(measured), undefined, 2)}\n` : benchText(measured, { width: outputWidth() }),
    );
    return 0;
  } catch (error) {
    bar.clear();
    const text = refusalText(error, thisCommandLine());
    if (text === undefined) throw error;
    process.stderr.write(`xcall: ${text}\n`);
    return impossible;
  }
}
