import { describe, expect, it } from 'vitest';
import { generateDif } from '../../../src/d/dif/generate.js';
import { type Firing, interpretFiring } from '../../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore } from '../../../src/d/dif/store.js';
import { checkText } from '../check/support.js';
import { firingOf, stringAt } from './build.js';

/** The value of an expression in the first firing. */
function tracedValue(text: string, firing: Firing = firingOf()) {
  const program = generateDif(checkText(`BEGIN { trace(${text}); }`), { stringSize: 256 });
  const { clauses } = interpretFiring(program.clauses, createDifStore(program), firing);
  const [result] = clauses;
  if (result?.fault !== undefined) return `${result.fault.kind} (0x${result.fault.value.toString(16)})`;
  const record = Buffer.from(result?.record ?? []).subarray(8);
  const action = program.clauses[0]?.actions[0];
  if (action?.kind !== 'trace') throw new Error('the action is no trace()');
  const { difo, size } = action.field;
  if (difo.type.kind !== 'integer') return record.toString('utf8', 0, record.indexOf(0));
  return difo.type.signed ? record.readIntLE(0, Math.min(size, 6)) : record.readUIntLE(0, Math.min(size, 6));
}

describe('the value of', () => {
  it.each<[string, number | string]>([
    ['1 << 40', 0],
    ['1L << 40', 2 ** 40],
    ['1 << 32', 0],
    ['1 << 64', 1],
    ['-1 >> 40', -1],
    ['(char)200', -56],
    ['(unsigned char)-1', 255],
    ['(char)200 + (char)200', -112],
    ['-1 < 1u', 0],
    ['-1 < 1L', 1],
    ['(short)-1 == (unsigned short)-1', 0],
    ['-7 / 2', -3],
    ['-7 % 2', -1],
    ['-2147483647 - 2', 2147483647],
    ['(-2147483647 - 1) / (pid - 1)', -2147483648],
    ['(-2147483647 - 1) % (pid - 1)', 0],
    ['4294967295u + 1', 0],
    ['1 / pid', 'divide-by-zero (0x0)'],
    ['1 % pid', 'divide-by-zero (0x0)'],
    ['pid && 1 / pid', 0],
    ['!pid || 1 / pid', 1],
    ['pid ? 1 / pid : 5', 5],
    ['3 ^^ 4', 0],
    ['3 ^^ 0', 1],
    ['!!7', 1],
    ['"abc" < "abd"', 1],
    ['"" == ""', 1],
    ['pid == 0 ? "yes" : "no, not at all"', 'yes'],
    ['(pid, "last")', 'last'],
  ])('%s is %o', (text, expected) => {
    expect(tracedValue(text)).toBe(expected);
  });

  it.each<[string, number | string]>([
    ['*(char *)arg1', 0x61],
    ['*(unsigned short *)(arg1 + 1)', 0x6362],
    ['stringof((char *)arg1)', 'abc\ndef'],
    ['stringof((char *)(arg1 + 4))', 'def'],
    ['*(long *)(arg1 + 4)', 'invalid address (0xffff800000001004)'],
    ['copyinstr(arg1)', 'invalid address (0xffff800000001000)'],
  ])('%s, where arg1 points to kernel memory, is %o', (text, expected) => {
    const address = 0xffff800000001000n;
    expect(tracedValue(text, firingOf(address, stringAt(address, 'abc\ndef')))).toBe(expected);
  });

  it('a string literal is cut to strsize', () => {
    const text = checkText('BEGIN { trace("abcdefgh"); }', { stringSize: 4 });
    const program = generateDif(text, { stringSize: 4 });
    const [result] = interpretFiring(program.clauses, createDifStore(program), firingOf()).clauses;
    expect(Buffer.from(result?.record ?? []).toString('latin1', 8)).toBe('abc\0\0\0\0\0');
  });
});
