import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import * as bufferSwitch from '../../../../src/explorer/mechanisms/dtrace/callers/buffer-switch.js';
import * as deadman from '../../../../src/explorer/mechanisms/dtrace/callers/deadman.js';
import * as dynvar from '../../../../src/explorer/mechanisms/dtrace/callers/dynvar-clean.js';
import * as ecbAdd from '../../../../src/explorer/mechanisms/dtrace/callers/ecb-add.js';
import * as ecbDisable from '../../../../src/explorer/mechanisms/dtrace/callers/ecb-disable.js';
import * as ecbEnable from '../../../../src/explorer/mechanisms/dtrace/callers/ecb-enable.js';
import { type Operation, operationModel } from '../../../../src/explorer/mechanisms/dtrace/callers/operation.js';
import * as predicates from '../../../../src/explorer/mechanisms/dtrace/callers/predicate-cache.js';
import * as unregister from '../../../../src/explorer/mechanisms/dtrace/callers/probe-unregister.js';
import * as speculation from '../../../../src/explorer/mechanisms/dtrace/callers/speculation-clean.js';
import * as destroy from '../../../../src/explorer/mechanisms/dtrace/callers/state-destroy.js';
import * as go from '../../../../src/explorer/mechanisms/dtrace/callers/state-go.js';
import * as stop from '../../../../src/explorer/mechanisms/dtrace/callers/state-stop.js';
import { dtraceSyncCallers, operations } from '../../../../src/explorer/mechanisms/dtrace/dtrace-sync-callers.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { mechanismOf, withStepMoved } from './mutation.js';

const memories = ['sc', 'tso'] as const;

/** What each operation loses without its sync, at 2 CPUs, under SC and under TSO; the rest it keeps. */
const lost: Readonly<Record<string, { readonly sc: readonly string[]; readonly tso?: readonly string[] }>> = {
  'dynvar-clean': { sc: [dynvar.sameVariable, dynvar.noStaleNote] },
  'speculation-clean': { sc: [speculation.takenEmpty, speculation.noLateRecord, speculation.allRecorded] },
  'ecb-add': { sc: [ecbAdd.noFreedTable] },
  'ecb-enable': { sc: [ecbEnable.noneWithoutEcb], tso: [ecbEnable.noneWithoutEcb, ecbEnable.laterProcessEcb] },
  'ecb-disable': { sc: [ecbDisable.noFreedEcb, ecbDisable.otherEcbProcessed] },
  'probe-unregister': { sc: [unregister.noEmptyEntry, unregister.noFreedProbe] },
  'state-go': { sc: [go.allOrNone] },
  'state-stop': { sc: [stop.cooldownIsEnd, stop.endHasRoom] },
  'state-destroy': { sc: [ecbDisable.noFreedEcb, destroy.noFreedBuffer] },
  'buffer-switch': { sc: [bufferSwitch.wholeRecords, bufferSwitch.notWhileRead, bufferSwitch.noneLost] },
  deadman: { sc: [deadman.aliveIsEvidence] },
};
const cyclics = ['dynvar-clean', 'speculation-clean', 'deadman'];

const propertiesOf = ({ parts }: Operation): readonly string[] => parts(2).properties.map(({ name }) => name);

describe('dtrace-sync-callers', () => {
  it('has each operation with and without its sync, those of cyclics also from a timer, and two that look closer', () => {
    const expected = Object.keys(lost).flatMap((name) =>
      ['sync', 'no-sync', ...(cyclics.includes(name) ? ['from-timer'] : [])].map((how) => `${name},${how}`),
    );
    const names = dtraceSyncCallers.variants.map((options) => options.join(','));
    expect(names).toEqual([...expected, 'ecb-enable,sync,predicates', 'deadman,sync,two-words']);
  });

  describe.each(operations.map((operation) => ({ name: operation.name, operation })))(
    '$name',
    ({ name, operation }) => {
      it.each(memories)('is safe with its sync under %s', async (memory) => {
        const { verdict, property, contract } = await explore(dtraceSyncCallers, { options: [name], memory });
        expect({ verdict, property, contract }).toEqual({ verdict: 'safe', property: null, contract: [] });
      });

      it.each(memories)('loses just this without its sync under %s', async (memory) => {
        const broken: string[] = [];
        for (const property of propertiesOf(operation)) {
          const found = await explore(dtraceSyncCallers, {
            options: [name, 'no-sync'],
            memory,
            properties: [property],
          });
          expect(['safe', 'violated']).toContain(found.verdict);
          if (found.verdict === 'violated') broken.push(property);
        }
        const { sc, tso = sc } = lost[name] ?? { sc: [] };
        expect(broken).toEqual(memory === 'sc' ? sc : tso);
      });

      if (operation.cyclic) {
        it.each(memories)('breaks the rules of the kernel and hangs from a timer under %s', async (memory) => {
          const found = await explore(dtraceSyncCallers, { options: [name, 'from-timer'], memory });
          expect({ verdict: found.verdict, scope: found.scope }).toEqual({ verdict: 'deadlock', scope: 'total' });
          expect(new Set(found.contract.map(({ rule }) => rule))).toEqual(
            new Set(['interrupts-enabled', 'task-context']),
          );
          expect(found.end?.cpus.map(({ frames }) => frames.at(-1)?.step)).toEqual([
            'csd_lock_wait: wait for the target',
            'csd_lock_wait: wait for the target',
          ]);
          expect(found.end?.cpus.map(({ interrupts, pending }) => [interrupts, pending])).toEqual([
            [false, ['call-function']],
            [false, ['call-function']],
          ]);
        });

        it('only breaks the rules from a timer that is the only one', async () => {
          const alone = mechanismOf(name, (cpus) => {
            const model = operationModel(operation, 'from-timer', cpus);
            return { ...model, sources: model.sources.filter(({ vector }) => vector !== 'other cyclic') };
          });
          const { verdict, contract } = await explore(alone);
          expect({ verdict, breaches: contract.length }).toEqual({ verdict: 'safe', breaches: 2 });
        });
      } else {
        it('has no from-timer, and says which operations have', async () => {
          const asked = explore(dtraceSyncCallers, { options: [name, 'from-timer'] });
          await expect(asked).rejects.toThrow(MechanismError);
          await expect(asked).rejects.toMatchObject({
            message: `no cyclic calls ${name}, so it has no from-timer`,
            hint: 'from-timer goes with dynvar-clean, speculation-clean, deadman',
          });
        });
      }
    },
  );

  it('leaves a third CPU working while two cyclics hang', async () => {
    const { verdict, scope } = await explore(dtraceSyncCallers, { options: ['deadman', 'from-timer'], cpus: 3 });
    expect({ verdict, scope }).toEqual({ verdict: 'deadlock', scope: 'partial' });
  });

  it('can stop without having waited for a firing that found the consumer active, where END is not on its CPU', async () => {
    const options = { options: ['state-stop', 'no-sync'], cpus: 3, properties: [stop.noneActive] };
    expect((await explore(dtraceSyncCallers, options)).verdict).toBe('violated');
  });

  it('frees an ECB under a firing that has found it', async () => {
    const { trace } = await explore(dtraceSyncCallers, { options: ['ecb-disable', 'no-sync'] });
    expect(trace.at(-1)).toMatchObject({ step: 'process the ECB', broken: [ecbDisable.noFreedEcb] });
    expect(trace.find(({ step }) => step === "load the probe's first ECB")?.reads).toEqual({ dtpr_ecb: 1 });
  });

  it.each([
    ['predicates', 'deadman'],
    ['two-words', 'ecb-enable'],
  ])('refuses %s with %s', async (option, operation) => {
    await expect(explore(dtraceSyncCallers, { options: [operation, option] })).rejects.toThrow(
      `${option} does not go with ${operation}`,
    );
  });
});

describe('properties that no variant breaks can be broken', () => {
  const rows: readonly [string, Operation, 'sync' | 'no-sync', readonly [string, 'before' | 'after', string]][] = [
    [
      ecbAdd.noHalfCopiedTable,
      ecbAdd.ecbAdd,
      'sync',
      ['bcopy: write the new table', 'after', 'let dts_ecbs point to the new table'],
    ],
    [ecbEnable.noHalfMadeEcb, ecbEnable.ecbEnable, 'sync', ['make the ECB', 'after', 'link the ECB behind it']],
    [go.beginFirst, go.stateGo, 'sync', ['BEGIN fires', 'after', 'become active']],
  ];

  it.each(rows)('%s', async (property, operation, how, [step, where, beside]) => {
    const changed = mechanismOf(operation.name, (cpus) =>
      withStepMoved(operationModel(operation, how, cpus), step, where, beside),
    );
    const found = await explore(changed, { properties: [property] });
    expect({ verdict: found.verdict, property: found.property }).toEqual({ verdict: 'violated', property });
  });
});

describe('the predicate cache of ecb-enable', () => {
  const options = ['ecb-enable', 'predicates'];

  it.each(memories)('lets a thread remember the wrong predicate in spite of the sync, under %s', async (memory) => {
    const { verdict, property, trace } = await explore(dtraceSyncCallers, { options, memory });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: predicates.ownId });
    expect(trace.some(({ step }) => step === 'dtrace_ecb_enable: link the ECB')).toBe(true);
  });

  it('then leaves out an ECB whose predicate holds, even after the other has gone', async () => {
    const found = await explore(dtraceSyncCallers, { options, properties: [predicates.trueProcessedLater] });
    expect(found.verdict).toBe('violated');
    expect(found.trace.some(({ step }) => step === 'put the predicate ID of the other back')).toBe(true);
  });

  it.each(memories)('is repaired by taking the ID away before the link, under %s', async (memory) => {
    const repaired = mechanismOf('repaired', (cpus) =>
      withStepMoved(
        operationModel(predicates.predicateCache, 'sync', cpus),
        'take the predicate ID away',
        'before',
        'dtrace_ecb_enable: link the ECB',
      ),
    );
    for (const cpus of [2, 3]) expect((await explore(repaired, { memory, cpus })).verdict).toBe('safe');
  });
});

describe('dts_alive in two words', () => {
  it.each(memories)('is read as older than it ever was, in spite of the greatest number, under %s', async (memory) => {
    const { verdict, property, trace } = await explore(dtraceSyncCallers, {
      options: ['deadman', 'two-words'],
      memory,
    });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: deadman.neverOlder });
    const read = trace.filter(
      ({ cpu, reads }) => cpu === 1 && Object.keys(reads).some((place) => place.startsWith('dts_alive')),
    );
    expect(read.slice(-2).map(({ reads }) => reads)).toEqual([{ 'dts_alive high': 0 }, { 'dts_alive low': 0 }]);
  });
});
