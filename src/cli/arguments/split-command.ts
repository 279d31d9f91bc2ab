/** The words of the command of -c. */

/** The command of -c is written so that it cannot be split into words. */
export class CommandSyntaxError extends Error {
  override readonly name = 'CommandSyntaxError';
}

/**
 * Splits a command at white space, as dtrace(1) does; no shell sees it. As an extension quotes hold words together:
 * `sh -c "echo hi"`. Between double quotes a backslash keeps `"` and `\` literal; elsewhere it is a character like any
 * other, since scripts rely on that.
 * @throws {CommandSyntaxError} for a quote that is not closed, or no word at all.
 */
export function splitCommand(command: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at] ?? '';
    const next = command[at + 1];
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      word = `${word ?? ''}${next}`;
      at += 1;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\n\r\f\v]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ''}${character}`;
    }
  }
  if (quote !== undefined) throw new CommandSyntaxError(`failed to execute ${command}: a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new CommandSyntaxError('failed to execute the command of -c: it is empty');
  return words;
}
