/** `xcall watch`: the cross-calls of this machine, live. It is loaded when it is asked for: it needs koffi. */

import { readKernelSymbols } from '../../../sys/index.js';
import { type Interrupts, watchInterrupts } from '../../interrupts.js';
import { thisCommandLine } from '../../privilege.js';
import type { XcallArguments } from '../arguments.js';
import { print } from '../output.js';
import { refusalText } from '../refusal.js';
import { callRows, type Watched } from './calls.js';
import { bucketMiddle, type Counting, startCounting } from './counting.js';
import { watchJson, watchLines } from './report.js';
import { createScreen } from './screen.js';

/** Exit status where cross-calls cannot be watched. */
const impossible = 1;

/** Watches until the time is over or a signal comes, and prints; gives the exit status. */
export async function watchCommand(given: XcallArguments): Promise<number> {
  const interrupts = watchInterrupts();
  try {
    const counting = startCounting();
    try {
      await watch(counting, interrupts, given);
      return 0;
    } finally {
      counting.close();
    }
  } catch (error) {
    const text = refusalText(error, thisCommandLine());
    if (text === undefined) throw error;
    process.stderr.write(`xcall: ${text}\n`);
    return impossible;
  } finally {
    interrupts.close();
  }
}

async function watch(counting: Counting, interrupts: Interrupts, given: XcallArguments): Promise<void> {
  const { once, json, seconds = once ? 1 : Number.POSITIVE_INFINITY } = given;
  const symbols = readKernelSymbols();
  if (symbols === undefined) {
    process.stderr.write(
      'xcall: /proc/kallsyms shows no addresses: functions are shown by address\n    hint: kernel.kptr_restrict hides them\n',
    );
  }
  const screen = createScreen(process.stdout);
  const show = (watched: Watched): void => {
    if (json) print(`${JSON.stringify(watchJson(watched), undefined, once ? 2 : undefined)}\n`);
    else screen.show(watchLines(watched, once ? { width: screen.room().width } : screen.room()));
  };
  // What was counted while the symbols were read belongs to no table.
  counting.take();
  const start = performance.now();
  let from = start;
  for (let table = 1; (once ? 1 : seconds) >= table; table += 1) {
    await interrupts.sleep(start + (once ? seconds : table) * 1000 - performance.now());
    // A part of a second is a table only where there is no other.
    if (interrupts.seen && !once) return;
    const counted = counting.take();
    const to = performance.now();
    show({ seconds: (to - from) / 1000, rows: callRows(counted, symbols, bucketMiddle), lost: counted.lost });
    from = to;
  }
}
