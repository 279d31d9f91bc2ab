/**
 * Archives in the format that the kernel unpacks as its first root file system: cpio, "new ASCII" (`newc`), as
 * Documentation/driver-api/early-userspace/buffer-format.rst of Linux describes it. Every entry is a header of 110
 * characters, the name with a zero byte behind it, and the contents, the last two filled up to a multiple of four.
 */

/** A thing to put into the archive; `path` has no slash in front. */
export type CpioEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly contents: Uint8Array; readonly executable?: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A device of characters. */
  | { readonly kind: 'device'; readonly path: string; readonly major: number; readonly minor: number };

const modes = { folder: 0o040755, file: 0o100644, executable: 0o100755, link: 0o120777, device: 0o020600 } as const;

const modeOf = (entry: CpioEntry): number =>
  entry.kind === 'file' && entry.executable === true ? modes.executable : modes[entry.kind];

const contentsOf = (entry: CpioEntry): Uint8Array => {
  if (entry.kind === 'file') return entry.contents;
  return entry.kind === 'link' ? Buffer.from(entry.target) : new Uint8Array();
};

const padding = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);

function pieces(path: string, mode: number, contents: Uint8Array, inode: number, device: readonly [number, number]) {
  const name = Buffer.from(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, dev (two), rdev (two), namesize, check
  const fields = [inode, mode, 0, 0, 1, 0, contents.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`, 'latin1');
  return [header, name, padding(header.length + name.length), contents, padding(contents.length)];
}

/** The folders that `path` lies in, from the outermost. */
const foldersOf = (path: string): string[] => {
  const words = path.split('/').slice(0, -1);
  return words.map((_, index) => words.slice(0, index + 1).join('/'));
};

/**
 * The archive, piece by piece. Folders that entries lie in are made before them, where no entry of their own came first.
 * Throws a RangeError for contents of 4 GiB or more, which the format cannot hold.
 */
export function* cpioArchive(entries: Iterable<CpioEntry>): Generator<Uint8Array> {
  const folders = new Set<string>();
  let inode = 0;
  const put = (entry: CpioEntry): Uint8Array[] => {
    inode += 1;
    const contents = contentsOf(entry);
    if (contents.length >= 2 ** 32) throw new RangeError(`${entry.path} is too large for an archive`);
    const device = entry.kind === 'device' ? ([entry.major, entry.minor] as const) : ([0, 0] as const);
    return pieces(entry.path, modeOf(entry), contents, inode, device);
  };
  for (const entry of entries) {
    for (const path of foldersOf(entry.path)) {
      if (folders.has(path)) continue;
      folders.add(path);
      yield* put({ kind: 'folder', path });
    }
    if (entry.kind === 'folder') {
      if (folders.has(entry.path)) continue;
      folders.add(entry.path);
    }
    yield* put(entry);
  }
  yield* pieces('TRAILER!!!', 0, new Uint8Array(), 0, [0, 0]);
}
