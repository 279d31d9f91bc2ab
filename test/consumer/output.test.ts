import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Output, OutputClosedError, OutputError, openOutput } from '../../src/consumer/output.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dtrace-output-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A system error as node:fs throws it. */
const failure = (code: string, text: string): Error => Object.assign(new Error(`${code}: ${text}, write`), { code });

describe('openOutput', () => {
  it('makes a file and appends to one that is there', () => {
    const path = join(folder, 'out');
    for (const text of ['one\n', 'two\n']) {
      const output = openOutput(path);
      output.append(text);
      output.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('says which file cannot be opened and why', () => {
    const path = join(folder, 'missing', 'out');
    expect(() => openOutput(path)).toThrow(
      new OutputError(`failed to open output file '${path}': no such file or directory`, 'ENOENT'),
    );
  });
});

describe('Output', () => {
  it('writes bytes as they are, and text as UTF-8', () => {
    const path = join(folder, 'out');
    const output = openOutput(path);
    output.append('\xff\x00\x80');
    output.appendText('é\n');
    output.close();
    expect(readFileSync(path)).toEqual(Buffer.from([0xff, 0x00, 0x80, 0xc3, 0xa9, 0x0a]));
  });

  it('holds back until its limit, and counts bytes', () => {
    const writes: string[] = [];
    const output = new Output(1, {
      limit: 8,
      write: (_, bytes, offset, length) => {
        writes.push(bytes.toString('latin1', offset, offset + length));
        return length;
      },
    });
    output.append('abc');
    expect([writes, output.written, output.appended]).toEqual([[], 0, 3]);
    output.append('defgh');
    expect([writes, output.written, output.appended]).toEqual([['abcdefgh'], 8, 8]);
    output.append('i');
    output.flush();
    output.flush();
    expect([writes, output.written]).toEqual([['abcdefgh', 'i'], 9]);
  });

  it('writes what is longer than its limit whole', () => {
    const path = join(folder, 'out');
    const output = new Output(openSync(path, 'w'), { limit: 16, owned: true });
    const text = 'x'.repeat(300_000);
    output.append(text);
    output.close();
    expect(readFileSync(path, 'latin1')).toBe(text);
  });

  it('goes on where a short, interrupted or refused write stopped', () => {
    let taken = '';
    let turn = 0;
    const output = new Output(1, {
      write: (_, bytes, offset) => {
        turn += 1;
        if (turn % 3 === 0) throw failure('EAGAIN', 'resource temporarily unavailable');
        if (turn % 3 === 1) throw failure('EINTR', 'interrupted system call');
        taken += bytes.toString('latin1', offset, offset + 1);
        return 1;
      },
    });
    output.append('abcdef');
    output.flush();
    expect([taken, output.written]).toEqual(['abcdef', 6]);
  });

  it('says what the system refused', () => {
    const output = new Output(1, {
      name: '/full/out',
      write: () => {
        throw failure('ENOSPC', 'no space left on device');
      },
    });
    output.append('x');
    expect(() => output.flush()).toThrow(
      new OutputError('cannot write to /full/out: no space left on device (ENOSPC)', 'ENOSPC'),
    );
  });

  it('closes its own descriptor once and leaves others open', () => {
    const path = join(folder, 'out');
    const own = openSync(path, 'w');
    const owned = new Output(own, { owned: true });
    owned.close();
    owned.close();
    expect(() => closeSync(own)).toThrow('EBADF');
    const other = openSync(path, 'w');
    new Output(other).close();
    closeSync(other);
  });

  it('flushes when disposed of', () => {
    const path = join(folder, 'out');
    const output = openOutput(path);
    output.append('x');
    output[Symbol.dispose]();
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  it('waits for the reader of a full non-blocking pipe and loses nothing', async () => {
    const pipe = join(folder, 'pipe');
    const copy = join(folder, 'copy');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(copy, '');
    const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const reader = spawn('sh', ['-c', 'sleep 0.1; cat "$0" > "$1"', pipe, copy], { stdio: 'ignore' });
    await once(reader, 'spawn');
    const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`);
    const output = new Output(descriptor, { owned: true });
    for (const line of lines) output.append(line);
    output.flush();
    // It was more than a pipe holds, so cat has opened its end by now.
    output.close();
    await once(reader, 'exit');
    expect(readFileSync(copy, 'utf8')).toBe(lines.join(''));
    expect(output.written).toBe(lines.join('').length);
  });

  it('tells a reader that went away from other failures', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const output = new Output(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), {
      name: 'the pipe',
      owned: true,
    });
    output.append('x');
    output.flush();
    closeSync(reader);
    output.append('y');
    expect(() => output.flush()).toThrow(OutputClosedError);
    output.close();
  });
});
