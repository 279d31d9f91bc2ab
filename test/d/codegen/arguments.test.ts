/** `args[]` three ways: an argument becomes a value of the type that its probe declares, whatever is in its 64 bits. */

import { describe, expect, it } from 'vitest';
import { type DType, integerTypes, pointerTo, voidType, wrapInteger } from '../../../src/d/types.js';
import { dtraceProvider } from '../../../src/providers/dtrace.js';
import type { Provider } from '../../../src/providers/provider.js';
import { compile } from './compile.js';
import { kernel, live, task } from './live.js';
import { wordsOf } from './outcome.js';
import { expectAgreement } from './three-ways.js';

/** ERROR's arguments, of the type: arg1 is an EPID, arg2 an action, arg4 a kind of fault, arg5 the address. */
const withTypes = (type: DType): Provider => ({
  ...dtraceProvider,
  argumentTypes: ({ name }) => (name === 'ERROR' ? Array.from({ length: 6 }, () => type) : []),
});

/** Addresses that nobody has, with their lower parts on both sides of every sign. */
const addresses = [
  0x0123_4567_89ab_cdefn,
  0x8765_4321_7654_3210n,
  0x8000_0000_8000_8080n,
  0x7f00_7fff_7fff_7f7fn,
  0xfedc_ffff_ffff_ff80n,
];

const types: readonly (readonly [string, DType, { readonly size: number; readonly signed: boolean }])[] = [
  ...Object.entries(integerTypes).map(([name, type]) => [name, type, type] as const),
  ['void *', pointerTo(voidType), { size: 8, signed: false }],
  ['char *', pointerTo(integerTypes.char), { size: 8, signed: false }],
];

describe('an argument of type', () => {
  it.each(types)('%s has the value of its lower part', (_, type, { size, signed }) => {
    const faults = addresses.map((address) => `BEGIN { trace(*(int *)${address}ul); }`);
    const text = `
      ERROR { trace((long)args[5]); trace((long)args[1]); trace((long)(args[5] == args[5])); @[args[5]] = count(); }
      ${faults.join('\n')}`;
    const enabling = compile(text, { kernel, providers: [withTypes(type)] });
    const { records, aggregations } = expectAgreement(enabling, task, { kernel, live });
    const values = addresses.map((address) => BigInt.asIntN(64, wrapInteger(address, { size, signed })));
    const seen = records
      .filter(({ epid }) => epid === 2)
      .map(({ data }) => wordsOf(data).map((w) => BigInt.asIntN(64, w)));
    // The first clause of BEGIN has the EPID 3.
    expect(seen).toEqual(values.map((value, index) => [value, BigInt(index + 3), 1n]));
    expect(aggregations).toHaveLength(new Set(values).size);
  });

  it.each<[string, DType, boolean]>([
    ['int', integerTypes.int, true],
    ['unsigned int', integerTypes['unsigned int'], false],
    ['int8_t', integerTypes.int8_t, true],
    ['uint64_t', integerTypes.uint64_t, false],
  ])('%s is compared as such, in predicates too', (_, type, negative) => {
    const text = `
      ERROR /args[5] < 0/ { trace(1); } ERROR /!(args[5] < 0)/ { trace(2); } BEGIN { trace(*(int *)${0xfedc_ffff_ffff_ff80n}ul); }`;
    const enabling = compile(text, { kernel, providers: [withTypes(type)] });
    const { records } = expectAgreement(enabling, task, { kernel, live });
    expect(records.filter(({ epid }) => epid === 2 || epid === 3).map(({ epid }) => epid)).toEqual([negative ? 2 : 3]);
  });
});
