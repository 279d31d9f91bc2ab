/** The checks of a run as one command for the guest, and what its lines say of them. */

import type { Check } from './checks.js';

const marker = 'dtrace-lab-check';

/** The command that runs checks one after the other, each for its time at most. */
export const scriptFor = (checks: readonly Check[], nonce: string): string =>
  checks
    .map(({ name, script, seconds }, index) =>
      [
        `cat >/tmp/check-${index} <<'end-of-${nonce}'`,
        script,
        `end-of-${nonce}`,
        `echo "${marker} ${nonce} begin ${name}"`,
        // Through a pipe, so that no program takes the serial line for somebody's terminal.
        `{ timeout -s KILL ${seconds} sh /tmp/check-${index}; echo $? >/tmp/status-${index}; } 2>&1 | cat`,
        `echo "${marker} ${nonce} end ${name} $(cat /tmp/status-${index})"`,
      ].join('\n'),
    )
    .join('\n');

/** What a check came to. */
export interface CheckResult {
  readonly name: string;
  /** Undefined: it had not ended when the guest did. */
  readonly status: number | undefined;
  readonly lines: readonly string[];
  readonly seconds: number;
}

/** Sorts the guest's lines by the check that they belong to. */
export interface CheckReader {
  line(text: string): void;
  /** The results so far, in the order of their beginnings. */
  readonly results: readonly CheckResult[];
}

/** Makes a reader; `now` gives seconds. `onEnd` is told each check that has ended. */
export function readChecks(nonce: string, now: () => number, onEnd: (result: CheckResult) => void): CheckReader {
  const results: { name: string; status: number | undefined; lines: string[]; seconds: number }[] = [];
  let begun = 0;
  const pattern = new RegExp(`^(.*?)${marker} ${nonce} (begin|end) (\\S+)(?: (\\d+))?$`);
  return {
    results,
    line: (text) => {
      const last = results.at(-1);
      const current = last?.status === undefined ? last : undefined;
      // What a program prints may not end in a newline: the marker stands behind it then.
      const [, before = '', what, name = '', status] = pattern.exec(text) ?? [];
      if (what === undefined) {
        current?.lines.push(text);
        return;
      }
      if (before !== '') current?.lines.push(before);
      if (what === 'begin') {
        begun = now();
        results.push({ name, status: undefined, lines: [], seconds: 0 });
      } else if (current !== undefined) {
        current.status = Number(status);
        current.seconds = now() - begun;
        onEnd(current);
      }
    },
  };
}
