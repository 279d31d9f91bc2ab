/** Random programs as D text, every operand in parentheses. */

import type { ModelExpression, ModelPlace, ModelProgram, ModelStatement, ModelType } from './program.js';
import { typeOfModel, variableOf } from './program.js';

/** The program as D source text, with the declarations that it needs. */
export function modelText(program: ModelProgram): string {
  const clauses = program.clauses.map(({ predicate, statements }) => {
    const condition = predicate === undefined ? '' : `/${expressionText(program, predicate)}/ `;
    return `BEGIN ${condition}{\n${statements.map((each) => `  ${statementText(program, each)};\n`).join('')}}`;
  });
  const body = clauses.join('\n');
  const declarations = [...program.variables.values()]
    .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(body))
    .map(({ name, scope, type, keys }) => {
      const storage = scope === 'thread' ? 'self ' : scope === 'clause' ? 'this ' : '';
      const tuple = keys === undefined ? '' : `[${keys.map(typeText).join(', ')}]`;
      return `${storage}${typeText(type)} ${name}${tuple};\n`;
    });
  return `${declarations.join('')}${body}\n`;
}

const typeText = (type: ModelType): string => (type === 'string' ? 'string' : type.name);

function statementText(program: ModelProgram, statement: ModelStatement): string {
  const text = (each: ModelExpression) => expressionText(program, each);
  switch (statement.kind) {
    case 'evaluate':
      return text(statement.expression);
    case 'trace':
      return `trace(${text(statement.value)})`;
    case 'printf': {
      const format = statement.values
        .map((value) => (typeOfModel(program, value) === 'string' ? '%s' : '%d'))
        .join(' ');
      return `printf(${[`"${format}."`, ...statement.values.map(text)].join(', ')})`;
    }
    case 'exit':
      return `exit((int)${text(statement.status)})`;
    case 'aggregate': {
      const { name, function: by, keys } = aggregationOf(program, statement.aggregation);
      const tuple = statement.keys.map((key, i) => keyText(program, key, keys[i]));
      const argument = by === 'count' ? '' : text(statement.argument);
      return `@${name}${tuple.length === 0 ? '' : `[${tuple.join(', ')}]`} = ${by}(${argument})`;
    }
  }
}

export function aggregationOf(program: ModelProgram, name: string) {
  const aggregation = program.aggregations.get(name);
  if (aggregation === undefined) throw new Error(`no aggregation ${name}`);
  return aggregation;
}

/** Keys are converted explicitly, so that the tuple has its declared types. */
function keyText(program: ModelProgram, key: ModelExpression, type: ModelType | undefined): string {
  const text = expressionText(program, key);
  return type === undefined || type === 'string' ? text : `(${type.name})${text}`;
}

function placeText(program: ModelProgram, place: ModelPlace): string {
  const { name, scope, keys } = variableOf(program, place);
  const scoped = `${scope === 'thread' ? 'self->' : scope === 'clause' ? 'this->' : ''}${name}`;
  if (keys === undefined) return scoped;
  return `${scoped}[${place.keys.map((key, i) => keyText(program, key, keys[i])).join(', ')}]`;
}

const suffixes = { int: '', 'unsigned int': 'u', long: 'l', 'unsigned long': 'ul' } as const;

function expressionText(program: ModelProgram, expression: ModelExpression): string {
  const text = (each: ModelExpression) => expressionText(program, each);
  switch (expression.kind) {
    case 'literal':
      return `${expression.value}${suffixes[expression.type]}`;
    case 'builtin':
    case 'text-builtin':
      return expression.name;
    case 'text':
      return JSON.stringify(expression.value);
    case 'read':
      return placeText(program, expression.place);
    case 'unary':
      return `(${expression.operator}(${text(expression.operand)}))`;
    case 'arithmetic':
    case 'comparison':
    case 'logical':
      return `(${text(expression.left)} ${expression.operator} ${text(expression.right)})`;
    case 'comma':
      return `(${text(expression.left)}, ${text(expression.right)})`;
    case 'conditional':
      return `(${text(expression.condition)} ? ${text(expression.yes)} : ${text(expression.no)})`;
    case 'cast':
      return `((${expression.type.name})(${text(expression.operand)}))`;
    case 'assign':
      return `(${placeText(program, expression.place)} = ${text(expression.value)})`;
    case 'compound':
      return `(${placeText(program, expression.place)} ${expression.operator}= ${text(expression.value)})`;
    case 'increment': {
      const place = placeText(program, expression.place);
      return expression.position === 'prefix' ? `(${expression.operator}${place})` : `(${place}${expression.operator})`;
    }
  }
}
