/** Which of an operation's syncs may be left out where the others stay. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import {
  dynvarClean,
  noStaleNote,
  sameVariable,
} from '../../../../src/explorer/mechanisms/dtrace/callers/dynvar-clean.js';
import { noFreedEcb } from '../../../../src/explorer/mechanisms/dtrace/callers/ecb-disable.js';
import { type Operation, operationModel } from '../../../../src/explorer/mechanisms/dtrace/callers/operation.js';
import { noEmptyEntry, probeUnregister } from '../../../../src/explorer/mechanisms/dtrace/callers/probe-unregister.js';
import { stateDestroy } from '../../../../src/explorer/mechanisms/dtrace/callers/state-destroy.js';
import { cooldownIsEnd, stateStop } from '../../../../src/explorer/mechanisms/dtrace/callers/state-stop.js';
import { mechanismOf } from './mutation.js';

interface Row {
  readonly operation: Operation;
  readonly without: readonly string[];
  /** What is violated; nothing where it stays safe. */
  readonly property: string | null;
}

const rows: readonly Row[] = [
  { operation: dynvarClean, without: ['rinsing'], property: sameVariable },
  { operation: dynvarClean, without: ['clean'], property: noStaleNote },
  { operation: probeUnregister, without: ['disabled'], property: noEmptyEntry },
  { operation: probeUnregister, without: ['removed'], property: null },
  { operation: stateStop, without: ['draining'], property: cooldownIsEnd },
  { operation: stateStop, without: ['cooldown'], property: null },
  { operation: stateStop, without: ['stopped'], property: null },
  { operation: stateStop, without: ['cooldown', 'stopped'], property: null },
  { operation: stateDestroy, without: ['unlinked'], property: noFreedEcb },
  { operation: stateDestroy, without: ['killed'], property: null },
  { operation: stateDestroy, without: ['destroyed'], property: null },
  { operation: stateDestroy, without: ['killed', 'destroyed'], property: null },
];

describe('syncs of an operation, one by one', () => {
  it.each(rows.map((row) => ({ ...row, name: row.operation.name })))(
    '$name without $without: $property',
    async ({ operation, without, property }) => {
      const changed = mechanismOf(operation.name, (cpus) => operationModel(operation, 'sync', cpus, new Set(without)));
      for (const memory of ['sc', 'tso'] as const) {
        const found = await explore(changed, { memory, cpus: property === null ? 3 : 2 });
        expect({ verdict: found.verdict, property: found.property }).toEqual({
          verdict: property === null ? 'safe' : 'violated',
          property,
        });
      }
    },
  );

  it.each(rows)('knows the places', ({ operation, without }) => {
    const places: string[] = [];
    operation.parts(2).operate((place) => {
      places.push(place);
      return [];
    });
    expect(places).toEqual(expect.arrayContaining([...without]));
  });
});
