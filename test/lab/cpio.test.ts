import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, cpioArchive } from '../../lab/cpio.js';

const archive = (entries: readonly CpioEntry[]): Buffer => Buffer.concat([...cpioArchive(entries)]);

interface Read {
  readonly path: string;
  readonly mode: string;
  readonly contents: string;
  readonly device: readonly number[];
}

/** Reads an archive by the format's description, up to its trailer. */
function read(bytes: Buffer): Read[] {
  const found: Read[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = (index: number): number =>
      Number.parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const path = bytes.toString('utf8', at + 110, at + 109 + nameSize);
    expect(bytes[at + 109 + nameSize]).toBe(0);
    const start = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (path === 'TRAILER!!!') {
      expect(start).toBe(bytes.length);
      return found;
    }
    const contents = bytes.toString('utf8', start, start + size);
    found.push({ path, mode: mode.toString(8), contents, device: [field(9), field(10)] });
    at = Math.ceil((start + size) / 4) * 4;
  }
  return expect.unreachable('there is no trailer');
}

const file = (path: string, text: string, executable = false): CpioEntry => ({
  kind: 'file',
  path,
  contents: Buffer.from(text),
  executable,
});

describe('cpioArchive', () => {
  it.each<[string, CpioEntry, Partial<Read>]>([
    ['a file', file('init', 'hello'), { path: 'init', mode: '100644', contents: 'hello' }],
    ['a program', file('init', '#!', true), { mode: '100755', contents: '#!' }],
    ['an empty file', file('x', ''), { contents: '' }],
    ['a link', { kind: 'link', path: 'sh', target: '/bin/busybox' }, { mode: '120777', contents: '/bin/busybox' }],
    ['a folder', { kind: 'folder', path: 'proc' }, { mode: '40755', contents: '' }],
    ['a device', { kind: 'device', path: 'console', major: 5, minor: 1 }, { mode: '20600', device: [5, 1] }],
    ['a name with letters beyond ASCII', file('é', 'e'), { path: 'é', contents: 'e' }],
  ])('holds %s', (_, entry, expected) => {
    expect(read(archive([entry]))).toMatchObject([expected]);
  });

  it('fills up names and contents of any length to four bytes', () => {
    const entries = Array.from({ length: 9 }, (_, length) => file('n'.repeat(length + 1), 'c'.repeat(length)));
    expect(read(archive(entries)).map(({ contents }) => contents.length)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('makes the folders that files lie in, each once and before them', () => {
    const entries = [file('a/b/c', '1'), { kind: 'folder', path: 'a/b' }, file('a/d', '2')] as const;
    expect(read(archive(entries)).map(({ path }) => path)).toEqual(['a', 'a/b', 'a/b/c', 'a/d']);
  });

  it('is what cpio(1) reads', (context) => {
    const bytes = archive([file('one/two', 'text'), { kind: 'link', path: 'three', target: 'one' }]);
    const { status, stdout, error } = spawnSync('cpio', ['-t', '--quiet'], { input: bytes, encoding: 'utf8' });
    if (error !== undefined) context.skip('there is no cpio(1) here');
    expect(stdout.trim().split('\n')).toEqual(['one', 'one/two', 'three']);
    expect(status).toBe(0);
  });
});
