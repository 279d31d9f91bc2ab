/**
 * An ECB is added to a consumer whose table of ECBs is full: dtrace_ecb_add() copies the table to one of twice the size, lets
 * `dts_ecbs` point to it, syncs where the consumer is active, frees the old one, and puts the new ECB into its slot.
 *
 * Who reads the table in a probe is dtrace_buffer_reserve(), which needs the size of the record that it overwrites in a
 * ring buffer. Here it looks up the ECB with ID 1; the new one has ID 2. dtrace_membar_producer() is no instruction on x86.
 */

import { add, atMost, equal, multiply, not, value } from '../../../model/expression.js';
import { checked } from '../../../model/model.js';
import { load, mark, store } from '../../../model/steps.js';
import { at, ghost, local, type Place, shared } from '../../../model/variable.js';
import { firing } from '../firing.js';
import type { Operation } from './operation.js';

/** The old table is freed. */
export const noFreedTable = 'no probe reads a table of ECBs that was freed';
/** The new table is published. */
export const noHalfCopiedTable = 'no probe finds an ECB missing in the table';

/** dtrace_ecb_add() with a table that grows. */
export const ecbAdd: Operation = {
  name: 'ecb-add',
  summary: "A consumer's table of ECBs grows while it is active: dtrace_ecb_add().",
  standsFor: 'dtrace.c: dtrace_ecb_add()',
  cyclic: false,
  parts: () => {
    const slots = 2;
    const tables = shared('dts_ecbs', { max: 1 });
    const count = shared('dts_necbs', { min: 1, max: 2 });
    const slotsOf = shared('ecbs', { size: 2 * slots, max: 2, initial: [1, 0, 0, 0] });
    const freed = ghost('freed', { size: 2, max: 1 });
    const table = local('table', { max: 1 });
    const ecb = local('ecb', { max: 2 });
    const slot = (id: number): Place => at(slotsOf, add(multiply(table, slots), id - 1));

    const probe = firing([
      load('the ID of the record is within the table', count, undefined, {
        check: [[noHalfCopiedTable, atMost(1, value)]],
      }),
      load('load dts_ecbs', tables, table),
      load('look up the ECB of the record', slot(1), undefined, {
        check: [
          [noFreedTable, not(at(freed, table))],
          [noHalfCopiedTable, equal(value, 1)],
        ],
      }),
    ]);
    return {
      variables: [tables, count, slotsOf, freed],
      properties: [checked(noFreedTable), checked(noHalfCopiedTable)],
      operate: (sync) => [
        load('bcopy: read the old table', at(slotsOf, 0), ecb, { set: [[table, 1]] }),
        store('bcopy: write the new table', slot(1), ecb),
        store('let dts_ecbs point to the new table', tables, table),
        sync('published'),
        mark('kmem_free: free the old table', { ghost: [[at(freed, 0), 1]] }),
        store('the table has more slots', count, 2),
        store('put the new ECB into its slot', slot(2), 2),
      ],
      probes: () => [probe, probe],
      tick: { cpu: 0, steps: probe },
    };
  },
};
