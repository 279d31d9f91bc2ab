/**
 * The deadman: a cyclic calls dtrace_state_deadman(), which syncs, and only then notes that the machine is alive:
 * `dts_alive` gets the time, by way of the greatest number there is. A probe that finds `dts_alive` too old kills its
 * consumer.
 *
 * The sync frees nothing here: it is the question itself. A CPU that does not get out of its probe does not answer, and so
 * `dts_alive` grows old. Without the sync the note is made whatever the CPUs do: no memory is misused, but the deadman
 * vouches for a machine that it has not asked.
 *
 * `dts_alive` has 64 bits, written and read at once; with the option `two-words` it is two words, as on a 32-bit kernel, for which
 * the greatest number is stored first, and which a probe reads from the high word on. Times are of two digits of base 4: the last
 * note was made at 3, and now it is 4. Left out: `dts_laststatus`, which ends the notes when the consumer itself no
 * longer asks for its status.
 */

import { add, atLeast, multiply, not, or, self, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import type { StepList } from '../../../model/step.js';
import { load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, type Place, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation, OperationParts } from './operation.js';

/** What the note says. */
export const aliveIsEvidence = 'the machine is noted as alive only when every CPU has left the probe that it was in';
/** What probes read. */
export const neverOlder = 'no probe finds dts_alive older than the last note';

const base = 4;
const [last, now, greatest] = [3, 4, 15];

function parts(cpus: number, words: 1 | 2): OperationParts {
  const alive = shared('dts_alive', { max: greatest, initial: last });
  const high = shared('dts_alive high', { max: base - 1, initial: Math.floor(last / base) });
  const low = shared('dts_alive low', { max: base - 1, initial: last % base });
  const open = ghost('open', { size: cpus, max: 1 });
  const openAtStart = ghost('open at the start', { size: cpus, max: 1 });
  const digit = local('digit', { max: base - 1 });
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);

  const read: StepList =
    words === 1
      ? [load('is dts_alive too old?', alive, undefined, { check: [[neverOlder, atLeast(value, last)]] })]
      : [
          load('load the high word of dts_alive', high, digit),
          load('is dts_alive, with its low word, too old?', low, undefined, {
            check: [[neverOlder, atLeast(add(multiply(digit, base), value), last)]],
          }),
        ];
  const write = (time: number, name: string): StepList =>
    words === 1
      ? [store(`dts_alive gets ${name}`, alive, time)]
      : [
          store(`the high word of dts_alive gets that of ${name}`, high, Math.floor(time / base)),
          store(`the low word of dts_alive gets that of ${name}`, low, time % base),
        ];
  const probe = firing(
    read,
    {
      ghost: [
        [at(open, self), 0],
        [at(openAtStart, self), 0],
      ],
    },
    { ghost: [[at(open, self), 1]] },
  );
  const asked = everyCpu.map((cpu): readonly [Place, Place] => [at(openAtStart, cpu), at(open, cpu)]);
  const stillOpen = or(...everyCpu.map((cpu) => at(openAtStart, cpu)));
  return {
    variables: [...(words === 1 ? [alive] : [high, low]), open, openAtStart],
    properties: [checked(aliveIsEvidence), checked(neverOlder)],
    operate: (sync) => [
      mark('dtrace_state_deadman: enter', { ghost: asked }),
      sync('answered'),
      mark('all CPUs are taken to be alive', { check: [[aliveIsEvidence, not(stillOpen)]] }),
      write(greatest, 'the greatest number'),
      write(now, 'the time'),
    ],
    probes: () => [probe, probe],
  };
}

/** dtrace_state_deadman(). */
export const deadman: Operation = {
  name: 'deadman',
  summary: 'A cyclic notes that all CPUs get out of their probes: dtrace_state_deadman().',
  standsFor: 'dtrace.c: dtrace_state_deadman()',
  cyclic: true,
  parts: (cpus) => parts(cpus, 1),
};

/** dtrace_state_deadman() of a 32-bit kernel. */
export const deadmanTwoWords: Operation = { ...deadman, parts: (cpus) => parts(cpus, 2) };
