/**
 * DIF as text, for `dtrace -S` and golden tests. A clause is a heading with its enabled probe id, its probes and the size
 * of its record; then each DIFO with what it is for and its source; an instruction a line, the register that it writes
 * last and the type of that behind `!`.
 */

import { assertNever } from '../assert-never.js';
import type { DifAction, DifClause, DifInstruction, Difo, DifProgram, DifRegister, DifVariable } from '../dif.js';
import type { Span } from '../source.js';
import { fieldsOf, speculates } from './actions.js';
import { resultOf } from './operands.js';
import { typeName } from './type.js';

/** The text of a program, lines ended by newlines. */
export function printDif(program: DifProgram): string {
  const lines: string[] = [];
  if (program.variables.length > 0) lines.push('variables', ...program.variables.map(describeVariable), '');
  if (program.aggregations.length > 0) {
    const described = program.aggregations.map(({ name, function: by, keys, signed }) => {
      const tuple = keys.length === 0 ? '' : `[${keys.map(typeName).join(', ')}]`;
      return `  @${name}${tuple} ${by}${by === 'count' ? '' : ` of ${signed ? 'signed' : 'unsigned'}`}`;
    });
    lines.push('aggregations', ...described, '');
  }
  for (const clause of program.clauses) lines.push(...printClause(clause, program), '');
  return `${lines.slice(0, -1).join('\n')}\n`;
}

/** The text of one DIFO, its lines indented by four. */
export function printDifo(difo: Difo, program: Pick<DifProgram, 'variables'>): string {
  return `${difoLines(difo, program).join('\n')}\n`;
}

const scopes = { global: '', thread: 'self->', clause: 'this->' } as const;

const variableName = ({ scope, name }: DifVariable) => `${scopes[scope]}${name}`;

function describeVariable(variable: DifVariable): string {
  const keys = variable.keys === undefined ? '' : `[${variable.keys.map(typeName).join(', ')}]`;
  return `  ${variableName(variable)}${keys} ${typeName(variable.type)}`;
}

function printClause(clause: DifClause, program: DifProgram): readonly string[] {
  const { epid, probes, predicate, actions, recordSize } = clause;
  const record =
    recordSize === 0 ? 'no record' : `${speculates(clause) ? 'speculative ' : ''}record of ${recordSize} bytes`;
  const lines = [`EPID ${epid}, ${record}: ${probes.map(({ text }) => text).join(', ')}`];
  if (predicate !== undefined)
    lines.push(`  predicate /${sourceText(predicate.span)}/`, ...difoLines(predicate, program));
  for (const [i, action] of actions.entries()) lines.push(...printAction(action, i + 1, program));
  return lines;
}

function printAction(action: DifAction, number: number, program: DifProgram): readonly string[] {
  const heading = (what: string) => `  action #${number} ${what}: ${sourceText(action.span)}`;
  const aggregationName = (id: number) => `@${program.aggregations[id]?.name ?? `#${id}`}`;
  switch (action.kind) {
    case 'evaluate':
    case 'speculate':
    case 'commit':
    case 'discard':
      return [heading(action.kind), ...difoLines(action.difo, program)];
    case 'trace':
    case 'printf':
    case 'exit':
      return [
        heading(action.kind),
        ...fieldsOf(action).flatMap(({ difo, offset, size }) => [
          `   field of ${size} byte${size === 1 ? '' : 's'} at ${offset}: ${sourceText(difo.span)}`,
          ...difoLines(difo, program),
        ]),
      ];
    case 'printa':
      return [heading(`printa of ${action.aggregations.map(aggregationName).join(', ')}`)];
    case 'clear':
      return [heading(`clear of ${aggregationName(action.aggregation)}`)];
    case 'aggregate':
      return [
        heading(`aggregate into ${aggregationName(action.aggregation)}`),
        ...action.keys.flatMap((key, i) => [`   key ${i + 1}: ${sourceText(key.span)}`, ...difoLines(key, program)]),
        ...(action.argument === undefined
          ? []
          : [`   argument: ${sourceText(action.argument.span)}`, ...difoLines(action.argument, program)]),
      ];
    default:
      return assertNever(action);
  }
}

/** The source of a span on one line. */
function sourceText({ source, start, end }: Span): string {
  return source.text.slice(start, end).replace(/\s+/g, ' ').trim();
}

function difoLines(difo: Difo, { variables }: Pick<DifProgram, 'variables'>): readonly string[] {
  const rows = difo.instructions.map((instruction) => ({
    instruction,
    opcode: opcodeOf(instruction),
    operands: operandText(instruction, variables),
  }));
  const opcodeWidth = Math.max(8, ...rows.map(({ opcode }) => opcode.length));
  const operandWidth = Math.max(0, ...rows.map(({ operands }) => operands.length));
  return rows.map(({ instruction, opcode, operands }, pc) => {
    const offset = String(pc).padStart(2, '0');
    if (instruction.op === 'label') return `    ${offset}: ${instruction.name}:`;
    const dst = resultOf(instruction) ?? (instruction.op === 'ret' ? instruction.src : undefined);
    const type = dst === undefined ? undefined : difo.registers[dst];
    const line = `    ${offset}:   ${opcode.padEnd(opcodeWidth)} `;
    return type === undefined ? `${line}${operands}` : `${line}${operands.padEnd(operandWidth)}  ! ${typeName(type)}`;
  });
}

function opcodeOf(instruction: DifInstruction): string {
  switch (instruction.op) {
    case 'alu':
      return instruction.operation;
    case 'extend':
      return `${instruction.signed ? 'sext' : 'zext'}${instruction.bits}`;
    case 'compare':
      return `set${instruction.condition}`;
    case 'scompare':
      return `sset${instruction.condition}`;
    case 'branch':
      return 'ba';
    case 'branch-if':
      return instruction.when === 'zero' ? 'bz' : 'bnz';
    case 'load':
      return `${instruction.space === 'user' ? 'u' : ''}ld${instruction.signed ? 's' : 'u'}${instruction.size * 8}`;
    case 'load-string':
      return `${instruction.space === 'user' ? 'u' : ''}ldstr`;
    case 'get-element':
      return 'gete';
    case 'set-element':
      return 'sete';
    default:
      return instruction.op;
  }
}

const name = (register: DifRegister) => `%r${register}`;

function operandText(instruction: DifInstruction, variables: readonly DifVariable[]): string {
  const variable = (id: number) => {
    const found = variables[id];
    return found === undefined ? `#${id}` : variableName(found);
  };
  switch (instruction.op) {
    case 'setx':
      return `${instruction.value}, ${name(instruction.dst)}`;
    case 'sets':
      return `${JSON.stringify(instruction.text)}, ${name(instruction.dst)}`;
    case 'mov':
    case 'neg':
    case 'not':
    case 'extend':
    case 'synced':
      return `${name(instruction.src)}, ${name(instruction.dst)}`;
    case 'stack':
    case 'sync':
    case 'speculation':
      return name(instruction.dst);
    case 'alu':
    case 'compare':
    case 'scompare':
      return `${name(instruction.left)}, ${name(instruction.right)}, ${name(instruction.dst)}`;
    case 'branch':
      return instruction.target;
    case 'branch-if':
      return `${name(instruction.src)}, ${instruction.target}`;
    case 'label':
      return instruction.name;
    case 'builtin':
      return `${instruction.variable}, ${name(instruction.dst)}`;
    case 'get':
      return `${variable(instruction.variable)}, ${name(instruction.dst)}`;
    case 'set':
      return `${name(instruction.src)}, ${variable(instruction.variable)}`;
    case 'get-element':
      return `${variable(instruction.variable)}[${instruction.keys.map(name).join(', ')}], ${name(instruction.dst)}`;
    case 'set-element':
      return `${name(instruction.src)}, ${variable(instruction.variable)}[${instruction.keys.map(name).join(', ')}]`;
    case 'load':
    case 'load-string':
      return `[${name(instruction.address)}], ${name(instruction.dst)}`;
    case 'ret':
      return name(instruction.src);
    default:
      return assertNever(instruction);
  }
}
