import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropUnreachable } from '../../src/bpf/assembly/reachable.js';
import {
  type AssemblyItem,
  callFunction,
  exit,
  functionStart,
  jump,
  jumpIf,
  label,
  move,
} from '../../src/bpf/instruction.js';

const start = functionStart('main', 1, 'global');

/** What is left, without the first item. */
const rest = (...items: readonly AssemblyItem[]): readonly AssemblyItem[] =>
  dropUnreachable([start, ...items]).slice(1);

describe('dropUnreachable', () => {
  const [one, two, three] = [move('r0', 1), move('r0', 2), move('r0', 3)];

  it('keeps a straight program as it is', () => {
    expect(rest(one, two, exit())).toEqual([one, two, exit()]);
  });

  it('drops what stands behind an exit or a jump and is not jumped to', () => {
    expect(rest(one, exit(), two, exit())).toEqual([one, exit()]);
    expect(rest(jump('end'), two, label('end'), one, exit())).toEqual([jump('end'), label('end'), one, exit()]);
  });

  it('keeps both ways of a condition', () => {
    const items = [jumpIf('eq', 'r1', 0, 'else'), one, exit(), label('else'), two, exit()];
    expect(rest(...items)).toEqual(items);
  });

  it('keeps what only a jump back reaches', () => {
    const items = [jump('later'), label('first'), one, exit(), label('later'), two, jump('first')];
    expect(rest(...items)).toEqual(items);
  });

  it('drops chains of jumps that nothing reaches, and keeps their labels', () => {
    expect(rest(one, exit(), label('a'), jump('b'), label('b'), jump('a'))).toEqual([
      one,
      exit(),
      label('a'),
      label('b'),
    ]);
  });

  it('keeps the functions that are called, and the positions', () => {
    const position: AssemblyItem = { kind: 'position', position: { file: 'a.d', line: 1, column: 1, text: 'x' } };
    const items = [callFunction('other'), exit(), position, functionStart('other', 1, 'global'), three, exit()];
    expect(rest(...items)).toEqual(items);
  });

  it('drops functions that nothing calls, or only what is dropped', () => {
    const position: AssemblyItem = { kind: 'position', position: { file: 'a.d', line: 1, column: 1, text: 'x' } };
    const called = [functionStart('called', 1, 'global'), three, exit()];
    const other = (name: string) => [functionStart(name, 1, 'global'), callFunction('last'), exit()];
    const last = [position, functionStart('last', 1, 'global'), two, exit()];
    const body = [callFunction('called'), exit(), callFunction('never')];
    expect(rest(...body, ...other('never'), ...called, ...last)).toEqual([...body.slice(0, 2), ...called]);
  });

  it('keeps exactly what a walk from the starts can reach', () => {
    const names = ['a', 'b', 'c', 'd'];
    const item = fc.oneof(
      fc.constantFrom<AssemblyItem>(one, two, exit()),
      fc.constantFrom(...names).map((name) => jump(name)),
      fc.constantFrom(...names).map((name) => jumpIf('ne', 'r1', 0, name)),
    );
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 20 }),
        fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
        (body, at) => {
          const program: AssemblyItem[] = [start];
          for (const [index, each] of [...body, exit()].entries()) {
            for (const [which, name] of names.entries())
              if (Math.min(at[which] ?? 0, body.length) === index) program.push(label(name));
            // A copy, so that the same instruction in two places is told apart.
            program.push({ ...each });
          }
          const reached = new Set<AssemblyItem>();
          const walk = (index: number): void => {
            const each = program[index];
            if (each === undefined || reached.has(each)) return;
            reached.add(each);
            if (each.kind === 'jump' || each.kind === 'jump-if') {
              walk(program.findIndex((other) => other.kind === 'label' && other.name === each.target));
            }
            if (each.kind !== 'jump' && each.kind !== 'exit') walk(index + 1);
          };
          walk(0);
          const expected = program.filter((each) => reached.has(each) || each.kind === 'label');
          expect(dropUnreachable(program)).toEqual(expected);
        },
      ),
    );
  });
});
