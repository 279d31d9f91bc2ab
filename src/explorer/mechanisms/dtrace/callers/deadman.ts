/**
 * The deadman: a cyclic calls dtrace_state_deadman(), which syncs, and only then notes that the machine is alive:
 * `dts_alive` gets the time, by way of the greatest number there is. A probe that finds `dts_alive` too old kills its
 * consumer.
 *
 * The sync frees nothing here: it is the question itself. A CPU that does not get out of its probe does not answer, and so
 * `dts_alive` grows old. Without the sync the note is made whatever the CPUs do: no memory is misused, but the deadman
 * vouches for a machine that it has not asked. Times: the last note was made at 1, now it is 2. The stores are of 64
 * bits in one; on a 32-bit kernel they are two, which is what the greatest number is for. Left out: `dts_laststatus`, which
 * ends the notes when the consumer itself no longer asks for its status.
 */

import { atLeast, not, or, self, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { load, store } from '../../../model/steps.js';
import { at, ghost, type Place, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** What the note says. */
export const aliveIsEvidence = 'the machine is noted as alive only when every CPU has left the probe that it was in';
/** What probes read. */
export const neverOlder = 'no probe finds dts_alive older than the last note';

/** dtrace_state_deadman(). */
export const deadman: Operation = {
  name: 'deadman',
  summary: 'A cyclic notes that all CPUs get out of their probes: dtrace_state_deadman().',
  standsFor: 'dtrace.c: dtrace_state_deadman()',
  cyclic: true,
  parts: (cpus) => {
    const [last, now, greatest] = [1, 2, 3];
    const alive = shared('dts_alive', { max: greatest, initial: last });
    const open = ghost('open', { size: cpus, max: 1 });
    const openAtStart = ghost('open at the start', { size: cpus, max: 1 });
    const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);

    const probe = firing(
      [
        load('is dts_alive too old?', alive, undefined, {
          check: [[neverOlder, atLeast(value, last)]],
        }),
      ],
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
      variables: [alive, open, openAtStart],
      properties: [checked(aliveIsEvidence), checked(neverOlder)],
      operate: (sync) => [
        load('dtrace_state_deadman: enter', alive, undefined, { ghost: asked }),
        sync('answered'),
        store('dts_alive gets the greatest number', alive, greatest, { check: [[aliveIsEvidence, not(stillOpen)]] }),
        store('dts_alive gets the time', alive, now),
      ],
      probes: () => [probe, probe],
    };
  },
};
