/** A stable 64-bit hash of plain data, for sets of visited states. Not for adversaries. */

/** Two 32-bit lanes that numbers and bytes are mixed into. */
export interface Hasher {
  low: number;
  high: number;
}

/** A hasher that has seen nothing. */
export const createHasher = (): Hasher => ({ low: 0x9e3779b9 | 0, high: 0x85ebca6b | 0 });

/** Mixes in a number (its lower 32 bits). */
export const mixNumber = (hasher: Hasher, value: number): void => {
  const low = Math.imul(hasher.low ^ value, 0xcc9e2d51);
  const high = Math.imul(hasher.high ^ value, 0x1b873593);
  hasher.low = (low << 15) | (low >>> 17);
  hasher.high = (Math.imul((high << 13) | (high >>> 19), 5) + 0xe6546b64 + hasher.low) | 0;
};

/** Mixes in bytes and how many they are. */
export const mixBytes = (hasher: Hasher, bytes: Uint8Array): void => {
  mixNumber(hasher, bytes.length);
  const whole = bytes.length & ~3;
  // The same words either way: little-endian, as every machine that this runs on.
  if ((bytes.byteOffset & 3) === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, whole >> 2);
    for (let at = 0; at < words.length; at += 1) {
      mixNumber(hasher, words[at] ?? 0);
    }
  } else {
    for (let at = 0; at < whole; at += 4) {
      const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      mixNumber(hasher, low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24));
    }
  }
  for (let at = whole; at < bytes.length; at += 1) {
    mixNumber(hasher, bytes[at] ?? 0);
  }
};

/** Mixes in the characters of a string. */
export const mixString = (hasher: Hasher, text: string): void => {
  mixNumber(hasher, text.length);
  for (let at = 0; at < text.length; at += 1) {
    mixNumber(hasher, text.charCodeAt(at));
  }
};

const avalanche = (value: number): number => {
  const first = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
};

/** What was mixed in, as an unsigned 64-bit number. */
export const digest = ({ low, high }: Hasher): bigint =>
  (BigInt(avalanche(high ^ low)) << 32n) | BigInt(avalanche(low + Math.imul(high, 31)));
