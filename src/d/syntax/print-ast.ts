/** Prints the syntax tree as nested lists, for tests and for whoever wants to see how a program was read. */

import type { ProbeDescription } from '../dif.js';
import { type Clause, type Declaration, type Expression, isNumbered, type Program, type TypeName } from './ast.js';

/** A program, one line for each pragma, declaration, description, predicate and statement. */
export function printProgram(program: Program): string {
  return program.parts
    .map((part) => {
      switch (part.kind) {
        case 'clause':
          return printClause(part);
        case 'declaration':
          return printDeclaration(part);
        case 'pragma':
          return list('pragma', part.name, ...part.words.map((word) => JSON.stringify(word)));
        default:
          return assertNever(part);
      }
    })
    .join('\n');
}

function printClause({ probes, predicate, statements }: Clause): string {
  const lines = probes.map(printProbe);
  if (predicate) lines.push(list('predicate', printExpression(predicate)));
  const actions = statements?.map((statement) => `\n    ${printExpression(statement)}`);
  lines.push(actions ? `(do${actions.join('')})` : '(default)');
  return `(clause\n  ${lines.join('\n  ')})`;
}

function printProbe(probe: ProbeDescription): string {
  if (isNumbered(probe)) return list('probe', String(probe.id));
  return list('probe', [probe.provider, probe.module, probe.function, probe.name].join(':'));
}

function printDeclaration({ scope, type, name, keys }: Declaration): string {
  return list('declare', scope, printType(type), name, ...(keys ? [list('keys', ...keys.map(printType))] : []));
}

/** A type as C writes it without a name. */
export function printType({ specifiers, pointers, dimensions }: TypeName): string {
  const suffix = dimensions.map((length) => `[${length ? printExpression(length) : ''}]`).join('');
  return `<${specifiers.join(' ')}${pointers > 0 ? ` ${'*'.repeat(pointers)}` : ''}${suffix}>`;
}

/** An expression, on one line. */
export function printExpression(node: Expression): string {
  switch (node.kind) {
    case 'integer':
      return `${node.decimal ? node.value : `0x${node.value.toString(16)}`}${node.unsigned ? 'u' : ''}${node.long ? 'l' : ''}`;
    case 'character':
      return list('char', String(node.value));
    case 'string':
      return JSON.stringify(node.value);
    case 'identifier':
    case 'macro':
      return node.name;
    case 'scoped':
      return `${node.scope}->${node.name}`;
    case 'symbol':
      return `${node.module}\`${node.name}`;
    case 'aggregation':
      return node.keys ? list(`@${node.name}`, ...node.keys.map(printExpression)) : `@${node.name}`;
    case 'unary':
      return list(node.operator, printExpression(node.operand));
    case 'increment':
      return list(
        node.position === 'prefix' ? `${node.operator}_` : `_${node.operator}`,
        printExpression(node.operand),
      );
    case 'binary':
      return list(node.operator, printExpression(node.left), printExpression(node.right));
    case 'assignment':
      return list(node.operator, printExpression(node.target), printExpression(node.value));
    case 'conditional':
      return list('?:', ...[node.condition, node.yes, node.no].map(printExpression));
    case 'comma':
      return list(',', printExpression(node.left), printExpression(node.right));
    case 'index':
      return list('index', printExpression(node.object), ...node.keys.map(printExpression));
    case 'member':
      return list(node.arrow ? '->' : '.', printExpression(node.object), node.name);
    case 'call':
      return list('call', node.name, ...node.arguments.map(printExpression));
    case 'cast':
      return list('cast', printType(node.type), printExpression(node.operand));
    case 'sizeof':
      return list('sizeof', 'kind' in node.operand ? printExpression(node.operand) : printType(node.operand));
    default:
      return assertNever(node);
  }
}

const list = (...items: readonly string[]): string => `(${items.join(' ')})`;

function assertNever(value: never): never {
  throw new TypeError(`unknown node ${JSON.stringify(value)}`);
}
