/**
 * Writes src/providers/syscall-table.generated.ts: the names of the system calls by number, for x86-64 and for the
 * 32-bit (i386) calls that a 64-bit kernel also serves.
 *
 *     npx tsx tools/generate-syscall-table.ts [folder of unistd_64.h and unistd_32.h]
 *
 * The numbers come from the kernel's user-space headers (Debian: linux-libc-dev). Headers lag behind kernels, so the
 * calls of later releases, up to Linux 6.18, are added here; a number never changes once released.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Calls that all architectures share, by number: Linux 6.5 (451) to 6.17 (469). */
const laterCommon: readonly (readonly [number, string])[] = [
  [451, 'cachestat'],
  [452, 'fchmodat2'],
  [453, 'map_shadow_stack'],
  [454, 'futex_wake'],
  [455, 'futex_wait'],
  [456, 'futex_requeue'],
  [457, 'statmount'],
  [458, 'listmount'],
  [459, 'lsm_get_self_attr'],
  [460, 'lsm_set_self_attr'],
  [461, 'lsm_list_modules'],
  [462, 'mseal'],
  [463, 'setxattrat'],
  [464, 'getxattrat'],
  [465, 'listxattrat'],
  [466, 'removexattrat'],
  [467, 'open_tree_attr'],
  [468, 'file_getattr'],
  [469, 'file_setattr'],
];

/** Calls of x86-64 alone: Linux 6.11 and 6.18. */
const later64: readonly (readonly [number, string])[] = [
  [335, 'uretprobe'],
  [336, 'uprobe'],
];

/** `-` holds the place of a number that no call has. */
function namesByNumber(header: string, later: readonly (readonly [number, string])[]): string[] {
  const names: string[] = [];
  const put = (number: number, name: string): void => {
    const known = names[number];
    if (known !== undefined && known !== name) throw new Error(`system call ${number} is both ${known} and ${name}`);
    names[number] = name;
  };
  for (const match of header.matchAll(/^#define __NR_(\w+) (\d+)$/gm)) put(Number(match[2]), String(match[1]));
  for (const [number, name] of later) put(number, name);
  return Array.from(names, (name) => name ?? '-');
}

function lines(names: readonly string[]): string {
  const rows: string[] = [];
  let row = '';
  for (const name of names) {
    if (row !== '' && row.length + name.length + 5 > 118) {
      rows.push(row);
      row = '';
    }
    row += row === '' ? name : ` ${name}`;
  }
  rows.push(row);
  return rows.map((text, index) => `  '${text}${index < rows.length - 1 ? " ' +" : "'"}`).join('\n');
}

const folder = process.argv[2] ?? '/usr/include/x86_64-linux-gnu/asm';
const names64 = namesByNumber(readFileSync(join(folder, 'unistd_64.h'), 'utf8'), [...later64, ...laterCommon]);
const names32 = namesByNumber(readFileSync(join(folder, 'unistd_32.h'), 'utf8'), laterCommon);
const output = `// Written by tools/generate-syscall-table.ts from the kernel's unistd_64.h and unistd_32.h, and the calls that Linux
// added up to 6.18. Do not edit.

const split = (names: string): readonly (string | undefined)[] =>
  names.split(' ').map((name) => (name === '-' ? undefined : name));

/** The names of the x86-64 system calls by number, as of Linux 6.18; undefined where a number has no call. */
export const syscallNames64: readonly (string | undefined)[] = split(
${lines(names64)},
);

/** The names of the i386 system calls by number, as of Linux 6.18, which 32-bit programs make on x86-64. */
export const syscallNames32: readonly (string | undefined)[] = split(
${lines(names32)},
);
`;
writeFileSync(new URL('../src/providers/syscall-table.generated.ts', import.meta.url), output);
