/** What each instruction demands of the types of its registers. */

import { assertNever } from '../assert-never.js';
import type { DifInstruction, Difo, DifRegister, DifType, DifVariable } from '../dif.js';
import { wrapInteger } from '../types.js';
import { contains, type DifInteger, isClosed, sameType, storable, typeName } from './type.js';

type Problems = readonly string[];

/** The problems of `instruction`, whose registers all exist, in `difo`; none if its types fit. */
export function typeProblems(instruction: DifInstruction, difo: Difo, variables: readonly DifVariable[]): Problems {
  const type = (register: DifRegister): DifType => difo.registers[register] ?? { kind: 'string', bound: 0 };
  const integers = (...registers: readonly DifRegister[]): Problems =>
    registers.flatMap((register) => (type(register).kind === 'integer' ? [] : [`r${register} holds no integer`]));
  const strings = (...registers: readonly DifRegister[]): Problems =>
    registers.flatMap((register) => (type(register).kind === 'string' ? [] : [`r${register} holds no string`]));
  switch (instruction.op) {
    case 'setx': {
      const to = type(instruction.dst);
      if (to.kind !== 'integer') return integers(instruction.dst);
      return wrapInteger(instruction.value, to) === instruction.value
        ? []
        : [`${instruction.value} is no value of ${typeName(to)}`];
    }
    case 'sets': {
      const to = type(instruction.dst);
      if (to.kind !== 'string') return strings(instruction.dst);
      if (instruction.text.includes('\0')) return ['the text has a NUL'];
      return Buffer.byteLength(instruction.text, 'utf8') < to.bound ? [] : [`the text does not fit ${typeName(to)}`];
    }
    case 'mov':
      return fits(type(instruction.src), type(instruction.dst));
    case 'alu': {
      const { operation, left, right, dst } = instruction;
      const [to, from, by] = [type(dst), type(left), type(right)];
      if (to.kind !== 'integer' || from.kind !== 'integer' || by.kind !== 'integer') return integers(left, right, dst);
      const isShift = operation === 'sll' || operation === 'srl' || operation === 'sra';
      if (to.size === 8) return [];
      const inRange = isClosed(operation, to) && sameType(from, to) && (isShift || sameType(by, to));
      return inRange ? [] : [`the result may be out of the range of ${typeName(to)}`];
    }
    case 'neg':
    case 'not': {
      const [from, to] = [type(instruction.src), type(instruction.dst)];
      if (from.kind !== 'integer' || to.kind !== 'integer') return integers(instruction.src, instruction.dst);
      const inRange = to.size === 8 || (instruction.op === 'not' && to.signed && sameType(from, to));
      return inRange ? [] : [`the result may be out of the range of ${typeName(to)}`];
    }
    case 'extend': {
      const to = type(instruction.dst);
      if (to.kind !== 'integer') return integers(instruction.dst, instruction.src);
      const from: DifInteger = { kind: 'integer', size: bytes[instruction.bits], signed: instruction.signed };
      return [...integers(instruction.src), ...fits(from, to)];
    }
    case 'compare':
      return integers(instruction.left, instruction.right, instruction.dst);
    case 'scompare':
      return [...strings(instruction.left, instruction.right), ...integers(instruction.dst)];
    case 'branch-if':
      return integers(instruction.src);
    case 'get':
    case 'set':
    case 'get-element':
    case 'set-element':
      return accessProblems(instruction, type, variables);
    case 'load': {
      const [from, to] = [type(instruction.address), type(instruction.dst)];
      const loaded: DifInteger = { kind: 'integer', size: instruction.size, signed: instruction.signed };
      return [
        ...(from.kind === 'integer' && from.size === 8 ? [] : [`r${instruction.address} is no address`]),
        ...(sameType(loaded, to) ? [] : [`a load of ${typeName(loaded)} into ${typeName(to)}`]),
      ];
    }
    case 'load-string': {
      const from = type(instruction.address);
      const address = from.kind === 'integer' && from.size === 8 ? [] : [`r${instruction.address} is no address`];
      return [...address, ...strings(instruction.dst)];
    }
    case 'stack':
      return type(instruction.dst).kind === 'stack' ? [] : [`r${instruction.dst} holds no stack`];
    case 'sync':
      return sameType(type(instruction.dst), requestNumber) ? [] : [`r${instruction.dst} holds no request's number`];
    case 'synced':
      return sameType(type(instruction.src), requestNumber)
        ? integers(instruction.dst)
        : [`r${instruction.src} holds no request's number`];
    case 'speculation':
      return fits(speculationNumber, type(instruction.dst));
    case 'ret':
      return sameType(type(instruction.src), difo.type)
        ? []
        : [`ret of ${typeName(type(instruction.src))} from a DIFO of type ${typeName(difo.type)}`];
    case 'branch':
    case 'label':
    case 'builtin':
      return [];
    default:
      return assertNever(instruction);
  }
}

const bytes = { 8: 1, 16: 2, 32: 4 } as const;

const requestNumber: DifInteger = { kind: 'integer', size: 8, signed: true };

const speculationNumber: DifInteger = { kind: 'integer', size: 4, signed: true };

/** Whether every value of `from` is one of `to`, in 64 bits as they are. */
function fits(from: DifType, to: DifType): Problems {
  const fit = from.kind === 'integer' ? to.kind === 'integer' && contains(to, from) : storable(from, to);
  return fit ? [] : [`${typeName(from)} does not fit ${typeName(to)}`];
}

type Access = Extract<DifInstruction, { op: 'get' | 'set' | 'get-element' | 'set-element' }>;

function accessProblems(
  access: Access,
  type: (register: DifRegister) => DifType,
  variables: readonly DifVariable[],
): Problems {
  const variable = variables[access.variable];
  if (variable === undefined) return [`there is no variable ${access.variable}`];
  const keys = 'keys' in access ? access.keys : undefined;
  if ((keys === undefined) !== (variable.keys === undefined)) return [`${variable.name} has another shape`];
  const expected = variable.keys ?? [];
  const problems: string[] = [];
  if (keys !== undefined && keys.length !== expected.length)
    problems.push(`${variable.name} has ${expected.length} keys, not ${keys.length}`);
  for (const [i, key] of (keys ?? []).entries()) {
    const to = expected[i];
    if (to !== undefined && !storable(type(key), to)) problems.push(...mismatch(type(key), to));
  }
  if ('src' in access) {
    if (!storable(type(access.src), variable.type)) problems.push(...mismatch(type(access.src), variable.type));
  } else if (!sameType(variable.type, type(access.dst))) problems.push(...mismatch(variable.type, type(access.dst)));
  return problems;
}

const mismatch = (from: DifType, to: DifType): Problems => [`${typeName(from)} where ${typeName(to)} belongs`];
