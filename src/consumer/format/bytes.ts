/**
 * Byte strings: what the consumer formats and writes. A byte string is a JavaScript string whose every character is
 * one byte (0 to 255), so a D string's bytes pass through to the output unchanged whatever their encoding, widths and
 * precisions count bytes as printf(3C) does, and V8 stores one byte a character.
 */

/** The UTF-8 bytes of a text, such as a D program's string literal, as a byte string. */
export function toByteString(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/** The text that a byte string holds as UTF-8; bytes that are not UTF-8 become U+FFFD. */
export function fromByteString(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

/** A byte string with C escapes for what is not printable, as `%S` and `%C` print it; others are `\ooo`, octal. */
export function escapeBytes(bytes: string): string {
  return bytes.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being escaped
    /[\0-\x1f"'\\\x7f-\xff]/g,
    (byte) => escapes[byte] ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
