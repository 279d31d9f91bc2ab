/** Numbered fields with ranges, and how a vector of them is packed into words of 32 bits. */

/** A vector of numbers, one a field, and its packed form. */
export interface Fields {
  /** Length of an unpacked vector. */
  readonly length: number;
  /** Words of 32 bits of a packed vector. */
  readonly words: number;
  /** Bits in use of a packed vector. */
  readonly bits: number;
  /** Packs `vector` into `words` words of `into` from `offset`. Values must be in their ranges. */
  readonly pack: (vector: Int32Array, into: Int32Array, offset: number) => void;
  /** The reverse. */
  readonly unpack: (from: Int32Array, offset: number, vector: Int32Array) => void;
}

/** Collects fields. */
export interface FieldsBuilder {
  /** Adds a field with values from `min` to `max`; gives its index in the vector. */
  readonly add: (min: number, max: number) => number;
  readonly build: () => Fields;
}

interface Range {
  readonly min: number;
  readonly width: number;
}

const wordBits = 32;

/** Bits that tell `count` values apart. */
const bitsFor = (count: number): number => (count <= 1 ? 0 : Math.ceil(Math.log2(count)));

/** Starts a list of fields. */
export function createFields(): FieldsBuilder {
  const ranges: Range[] = [];
  return {
    add(min, max) {
      const width = bitsFor(max - min + 1);
      if (width > wordBits) throw new RangeError(`a field from ${min} to ${max} does not fit into ${wordBits} bits`);
      ranges.push({ min, width });
      return ranges.length - 1;
    },
    build: () => pack(ranges),
  };
}

function pack(ranges: readonly Range[]): Fields {
  // Wide ones first: each goes into the first word that has room.
  const order = ranges
    .map((range, index) => ({ ...range, index }))
    .filter(({ width }) => width > 0)
    .sort((left, right) => right.width - left.width || left.index - right.index);
  const free: number[] = [];
  const placed = order.map(({ index, min, width }) => {
    let word = free.findIndex((bits) => bits >= width);
    if (word < 0) word = free.push(wordBits) - 1;
    const room = free[word] ?? wordBits;
    free[word] = room - width;
    return { index, min, width, word, shift: wordBits - room };
  });
  placed.sort((left, right) => left.word - right.word || left.shift - right.shift);
  const words = Math.max(free.length, 1);
  const count = placed.length;
  const index = Int32Array.from(placed, (field) => field.index);
  const min = Int32Array.from(placed, (field) => field.min);
  const mask = Int32Array.from(placed, ({ width }) => (width === wordBits ? -1 : (1 << width) - 1));
  const word = Int32Array.from(placed, (field) => field.word);
  const shift = Int32Array.from(placed, (field) => field.shift);
  const constant = Int32Array.from(ranges, (range) => range.min);
  return {
    length: ranges.length,
    words,
    bits: placed.reduce((bits, { width }) => bits + width, 0),
    pack(vector, into, offset) {
      let current = 0;
      let bits = 0;
      for (let field = 0; field < count; field++) {
        const at = word[field] as number;
        if (at !== current) {
          into[offset + current] = bits;
          current = at;
          bits = 0;
        }
        bits |= ((vector[index[field] as number] as number) - (min[field] as number)) << (shift[field] as number);
      }
      into[offset + current] = bits;
    },
    unpack(from, offset, vector) {
      vector.set(constant);
      for (let field = 0; field < count; field++) {
        vector[index[field] as number] =
          (((from[offset + (word[field] as number)] as number) >>> (shift[field] as number)) &
            (mask[field] as number)) +
          (min[field] as number);
      }
    },
  };
}
