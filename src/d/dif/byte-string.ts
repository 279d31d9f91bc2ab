/**
 * Strings as D has them: bytes without a NUL. They are held as JavaScript strings of one character a byte (0-255), so
 * that `<` orders them as strcmp(3) does, cutting them is `slice`, and they serve as keys.
 */

/** Bytes 1-255, one a character. Not text: see `textOf`. */
export type ByteString = string;

/** The UTF-8 form of `text`, up to its first NUL. */
export function byteString(text: string): ByteString {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const end = bytes.indexOf('\0');
  return end < 0 ? bytes : bytes.slice(0, end);
}

/** The text of which `bytes` is the UTF-8 form; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** `bytes` cut so that it and its NUL fit `bound` bytes. */
export function cutToBound(bytes: ByteString, bound: number): ByteString {
  return bytes.length < bound ? bytes : bytes.slice(0, bound - 1);
}

/** `text` without the whole characters that do not fit `bound` bytes of UTF-8 with a NUL; ends at its first NUL. */
export function cutText(text: string, bound: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character, 'utf8');
    if (character === '\0' || bytes >= bound) break;
    end += character.length;
  }
  return text.slice(0, end);
}
