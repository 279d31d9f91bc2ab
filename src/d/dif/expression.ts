/**
 * Cooked expressions to DIFOs. Each node becomes instructions that leave its value in a register; a register is written
 * once, except where two paths merge, and never after it was handed on, so a value can be used any number of times.
 *
 * Order of evaluation: operands from left to right; an assignment evaluates its value, then the keys of its place; an
 * update (`+=`, `++`) evaluates the keys once, reads the place, evaluates the value, stores.
 *
 * Integers: what may leave the range of its type is computed in 8 bytes and brought back by `extend`. A shift's count is
 * taken modulo 64, whatever the width of the type, so `1 << 40` of type int is 0 and `x >> 40` is the sign of x.
 */

import { assertNever } from '../assert-never.js';
import type { CookedExpression, Place } from '../cooked.js';
import type { DifCondition, DifInstruction, DifOperation, Difo, DifRegister, DifType } from '../dif.js';
import { wrapInteger } from '../types.js';
import { cutText } from './byte-string.js';
import { contains, type DifInteger, difTypeOf, isClosed, sameType } from './type.js';

/** A DIFO under construction. */
interface Unit {
  readonly instructions: DifInstruction[];
  readonly registers: DifType[];
  labels: number;
}

type Node<K extends CookedExpression['kind']> = Extract<CookedExpression, { kind: K }>;

/** Compiles one expression, of an integer, pointer or string type, to a DIFO. */
export function compileExpression(expression: CookedExpression): Difo {
  const unit: Unit = { instructions: [], registers: [], labels: 0 };
  const src = evaluate(unit, expression);
  unit.instructions.push({ op: 'ret', src });
  const { instructions, registers } = unit;
  return { instructions, registers, type: typeOf(unit, src), span: expression.span };
}

function newRegister(unit: Unit, type: DifType): DifRegister {
  return unit.registers.push(type) - 1;
}

function newLabel(unit: Unit): string {
  unit.labels += 1;
  return `L${unit.labels}`;
}

function typeOf(unit: Unit, register: DifRegister): DifType {
  const type = unit.registers[register];
  if (type === undefined) throw new RangeError(`no register ${register}`);
  return type;
}

function integerType(type: DifType): DifInteger {
  if (type.kind !== 'integer') throw new TypeError('an integer was expected where a string stands');
  return type;
}

function evaluate(unit: Unit, node: CookedExpression): DifRegister {
  switch (node.kind) {
    case 'constant':
      return constant(unit, node.value, integerType(difTypeOf(node.type)));
    case 'string': {
      const type = difTypeOf(node.type);
      const dst = newRegister(unit, type);
      const bound = type.kind === 'string' ? type.bound : 0;
      unit.instructions.push({ op: 'sets', dst, text: cutText(node.value, bound) });
      return dst;
    }
    case 'builtin': {
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'builtin', dst, variable: node.variable });
      return dst;
    }
    case 'argument': {
      // Arguments are 64 bits wide; what the probe declares of a narrower one is its lower part.
      const dst = newRegister(unit, { kind: 'integer', size: 8, signed: true });
      unit.instructions.push({ op: 'builtin', dst, variable: node.variable });
      return convert(unit, dst, difTypeOf(node.type));
    }
    case 'read':
      return readPlace(unit, node.place, keysOf(unit, node.place));
    case 'assign': {
      const src = convert(unit, evaluate(unit, node.value), node.place.variable.type);
      writePlace(unit, node.place, keysOf(unit, node.place), src);
      return src;
    }
    case 'update':
      return update(unit, node);
    case 'arithmetic': {
      const left = evaluate(unit, node.left);
      const right = evaluate(unit, node.right);
      return arithmetic(unit, node.operation, left, right, integerType(difTypeOf(node.type)));
    }
    case 'negate':
    case 'complement':
      return invert(unit, node);
    case 'not': {
      const left = evaluate(unit, node.operand);
      const right = constant(unit, 0n, integerType(typeOf(unit, left)));
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'compare', condition: 'eq', dst, left, right });
      return dst;
    }
    case 'logical':
      return node.operator === '^^' ? exclusiveOr(unit, node) : shortCircuit(unit, node);
    case 'comparison':
      return comparison(unit, node);
    case 'conditional':
      return conditional(unit, node);
    case 'comma':
      evaluate(unit, node.left);
      return evaluate(unit, node.right);
    case 'convert':
      return conversion(unit, node);
    case 'load': {
      const address = evaluate(unit, node.address);
      const { size, signed } = integerType(difTypeOf(node.type));
      const dst = newRegister(unit, { kind: 'integer', size, signed });
      const space = node.address.type.kind === 'pointer' ? node.address.type.space : 'kernel';
      unit.instructions.push({ op: 'load', dst, address, size, signed, space });
      return dst;
    }
    case 'load-string': {
      const address = evaluate(unit, node.address);
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'load-string', dst, address, space: node.space });
      return dst;
    }
    case 'stack': {
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'stack', dst });
      return dst;
    }
    case 'sync': {
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'sync', dst });
      return dst;
    }
    case 'speculation': {
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'speculation', dst });
      return dst;
    }
    case 'synced': {
      const src = evaluate(unit, node.number);
      const dst = newRegister(unit, difTypeOf(node.type));
      unit.instructions.push({ op: 'synced', dst, src });
      return dst;
    }
    default:
      return assertNever(node);
  }
}

function constant(unit: Unit, value: bigint, type: DifInteger): DifRegister {
  const dst = newRegister(unit, type);
  unit.instructions.push({ op: 'setx', dst, value: wrapInteger(value, type) });
  return dst;
}

function keysOf(unit: Unit, place: Place): readonly DifRegister[] | undefined {
  if (place.kind === 'variable') return undefined;
  const types = place.variable.keys ?? [];
  return place.keys.map((key, i) => convert(unit, evaluate(unit, key), types[i] ?? difTypeOf(key.type)));
}

function readPlace(unit: Unit, place: Place, keys: readonly DifRegister[] | undefined): DifRegister {
  const dst = newRegister(unit, place.variable.type);
  const variable = place.variable.id;
  unit.instructions.push(
    keys === undefined ? { op: 'get', dst, variable } : { op: 'get-element', dst, variable, keys },
  );
  return dst;
}

function writePlace(unit: Unit, place: Place, keys: readonly DifRegister[] | undefined, src: DifRegister): void {
  const variable = place.variable.id;
  unit.instructions.push(
    keys === undefined ? { op: 'set', variable, src } : { op: 'set-element', variable, keys, src },
  );
}

function update(unit: Unit, node: Node<'update'>): DifRegister {
  const keys = keysOf(unit, node.place);
  const old = readPlace(unit, node.place, keys);
  const operationType = integerType(difTypeOf(node.operationType));
  const right = evaluate(unit, node.value);
  const result = arithmetic(unit, node.operation, convert(unit, old, operationType), right, operationType);
  const stored = convert(unit, result, node.place.variable.type);
  writePlace(unit, node.place, keys, stored);
  return node.yields === 'old' ? old : stored;
}

function arithmetic(
  unit: Unit,
  operation: DifOperation,
  left: DifRegister,
  right: DifRegister,
  type: DifInteger,
): DifRegister {
  if (isClosed(operation, type)) {
    const dst = newRegister(unit, type);
    unit.instructions.push({ op: 'alu', operation, dst, left, right });
    return dst;
  }
  const wide = newRegister(unit, { kind: 'integer', size: 8, signed: type.signed });
  unit.instructions.push({ op: 'alu', operation, dst: wide, left, right });
  return convert(unit, wide, type);
}

function invert(unit: Unit, node: Node<'negate' | 'complement'>): DifRegister {
  const src = evaluate(unit, node.operand);
  const type = integerType(difTypeOf(node.type));
  // The complement of a sign-extended value is sign-extended; every other result may be out of range.
  const inRange = type.size === 8 || (node.kind === 'complement' && type.signed);
  const dst = newRegister(unit, inRange ? type : { kind: 'integer', size: 8, signed: type.signed });
  unit.instructions.push({ op: node.kind === 'negate' ? 'neg' : 'not', dst, src });
  return convert(unit, dst, type);
}

/** `src` in a register of type `to`: itself where the type is the same, strings and stacks always. */
function convert(unit: Unit, src: DifRegister, to: DifType): DifRegister {
  const from = typeOf(unit, src);
  if (from.kind !== 'integer' || to.kind !== 'integer' || sameType(from, to)) return src;
  const dst = newRegister(unit, to);
  if (to.size === 8 || contains(to, from)) unit.instructions.push({ op: 'mov', dst, src });
  else unit.instructions.push({ op: 'extend', dst, src, bits: (to.size * 8) as 8 | 16 | 32, signed: to.signed });
  return dst;
}

function conversion(unit: Unit, node: Node<'convert'>): DifRegister {
  const to = difTypeOf(node.type);
  if (node.operand.kind === 'constant' && to.kind === 'integer') return constant(unit, node.operand.value, to);
  return convert(unit, evaluate(unit, node.operand), to);
}

function shortCircuit(unit: Unit, node: Node<'logical'>): DifRegister {
  const decided = newLabel(unit);
  const end = newLabel(unit);
  const [when, early] = node.operator === '&&' ? (['zero', 0n] as const) : (['nonzero', 1n] as const);
  const dst = newRegister(unit, difTypeOf(node.type));
  branchOn(unit, node, when, decided);
  unit.instructions.push(
    { op: 'setx', dst, value: 1n - early },
    { op: 'branch', target: end },
    { op: 'label', name: decided },
    { op: 'setx', dst, value: early },
    { op: 'label', name: end },
  );
  return dst;
}

/** Goes to `target` if the expression is zero, or is not: `&&`, `||` and `!` become branches and need no value. */
function branchOn(unit: Unit, node: CookedExpression, when: 'zero' | 'nonzero', target: string): void {
  if (node.kind === 'not') branchOn(unit, node.operand, when === 'zero' ? 'nonzero' : 'zero', target);
  else if (node.kind !== 'logical' || node.operator === '^^')
    unit.instructions.push({ op: 'branch-if', src: evaluate(unit, node), when, target });
  else if ((node.operator === '&&') === (when === 'zero')) {
    // Either side alone decides.
    branchOn(unit, node.left, when, target);
    branchOn(unit, node.right, when, target);
  } else {
    const past = newLabel(unit);
    branchOn(unit, node.left, when === 'zero' ? 'nonzero' : 'zero', past);
    branchOn(unit, node.right, when, target);
    unit.instructions.push({ op: 'label', name: past });
  }
}

/** `a ^^ b` is `!a != !b`. */
function exclusiveOr(unit: Unit, node: Node<'logical'>): DifRegister {
  const type = difTypeOf(node.type);
  const sides = [node.left, node.right].map((side) => {
    const left = evaluate(unit, side);
    const dst = newRegister(unit, type);
    const right = constant(unit, 0n, integerType(typeOf(unit, left)));
    unit.instructions.push({ op: 'compare', condition: 'ne', dst, left, right });
    return dst;
  });
  const [left = 0, right = 0] = sides;
  const dst = newRegister(unit, type);
  unit.instructions.push({ op: 'compare', condition: 'ne', dst, left, right });
  return dst;
}

const conditions = { '==': 'eq', '!=': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' } as const;
const signedConditions = { eq: 'eq', ne: 'ne', lt: 'slt', le: 'sle', gt: 'sgt', ge: 'sge' } as const satisfies Record<
  string,
  DifCondition
>;

function comparison(unit: Unit, node: Node<'comparison'>): DifRegister {
  const left = evaluate(unit, node.left);
  const right = evaluate(unit, node.right);
  const dst = newRegister(unit, difTypeOf(node.type));
  const condition = conditions[node.operator];
  const type = typeOf(unit, left);
  if (type.kind === 'string') unit.instructions.push({ op: 'scompare', condition, dst, left, right });
  else {
    const ordered = integerType(type).signed ? signedConditions[condition] : condition;
    unit.instructions.push({ op: 'compare', condition: ordered, dst, left, right });
  }
  return dst;
}

function conditional(unit: Unit, node: Node<'conditional'>): DifRegister {
  const otherwise = newLabel(unit);
  const end = newLabel(unit);
  const type = difTypeOf(node.type);
  const dst = newRegister(unit, type);
  const arm = (value: CookedExpression) =>
    unit.instructions.push({ op: 'mov', dst, src: convert(unit, evaluate(unit, value), type) });
  branchOn(unit, node.condition, 'zero', otherwise);
  arm(node.yes);
  unit.instructions.push({ op: 'branch', target: end }, { op: 'label', name: otherwise });
  arm(node.no);
  unit.instructions.push({ op: 'label', name: end });
  return dst;
}
