import { describe, expect, it } from 'vitest';
import { CommandSyntaxError, splitCommand } from '../../src/cli/arguments/split-command.js';

describe('the command of -c', () => {
  it.each<[string, readonly string[]]>([
    ['ls', ['ls']],
    ['ls -lR /usr', ['ls', '-lR', '/usr']],
    [' \t ls \n -l\f\v\r', ['ls', '-l']],
    ['sh -c "echo hi"', ['sh', '-c', 'echo hi']],
    ['sh -c \'echo "hi"\'', ['sh', '-c', 'echo "hi"']],
    ['echo "a \\"b\\" \\\\ \\n"', ['echo', 'a "b" \\ \\n']],
    ['grep \\.c$ a\\ b', ['grep', '\\.c$', 'a\\', 'b']],
    ["echo 'a\\'b", ['echo', 'a\\b']],
    ['echo a"b c"d', ['echo', 'ab cd']],
    ['echo "" \'\'', ['echo', '', '']],
    ['echo $HOME *', ['echo', '$HOME', '*']],
  ])('%j is split into %j', (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  it.each([
    ['echo "a', /a " is not closed$/],
    ["echo don't", /a ' is not closed$/],
    ['', /empty$/],
    [' \t', /empty$/],
  ])('%j is refused', (command, message) => {
    expect(() => splitCommand(command)).toThrow(CommandSyntaxError);
    expect(() => splitCommand(command)).toThrow(message);
  });
});
