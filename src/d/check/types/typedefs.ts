/** The types that D programs name by one word. */

import { integerTypes as c, type DType, pointerTo, stringType, voidType } from '../../types.js';

/** Names from the headers of Solaris and Linux that D programs use, beside C's own and those of `integerTypes`. */
const others: Readonly<Record<string, DType>> = {
  uchar_t: c['unsigned char'],
  ushort_t: c['unsigned short'],
  uint_t: c['unsigned int'],
  ulong_t: c['unsigned long'],
  u_char: c['unsigned char'],
  u_short: c['unsigned short'],
  u_int: c['unsigned int'],
  u_long: c['unsigned long'],
  longlong_t: c['long long'],
  u_longlong_t: c['unsigned long long'],
  boolean_t: c.int,
  hrtime_t: { ...c.long, name: 'hrtime_t' },
  ptrdiff_t: { ...c.long, name: 'ptrdiff_t' },
  off_t: { ...c.long, name: 'off_t' },
  time_t: { ...c.long, name: 'time_t' },
  clock_t: { ...c.long, name: 'clock_t' },
  ino_t: { ...c['unsigned long'], name: 'ino_t' },
  nlink_t: { ...c['unsigned long'], name: 'nlink_t' },
  dev_t: { ...c['unsigned int'], name: 'dev_t' },
  mode_t: { ...c['unsigned int'], name: 'mode_t' },
  projid_t: { ...c.int, name: 'projid_t' },
  taskid_t: { ...c.int, name: 'taskid_t' },
  zoneid_t: { ...c.int, name: 'zoneid_t' },
  caddr_t: pointerTo(c.char),
};

/** The type that a word names, `string` with the bound `stringSize`; undefined if it names none. */
export function namedType(name: string, stringSize: number): DType | undefined {
  if (name === 'void') return voidType;
  if (name === 'string') return stringType(stringSize);
  if (Object.hasOwn(c, name)) return Object.entries(c).find(([key]) => key === name)?.[1];
  return Object.hasOwn(others, name) ? others[name] : undefined;
}

/** Every word that `namedType` knows. */
export const typeWords: ReadonlySet<string> = new Set([
  'void',
  'string',
  ...Object.keys(c).filter((name) => !name.includes(' ')),
  ...Object.keys(others),
]);
