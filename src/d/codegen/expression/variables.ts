/**
 * Variables of the D program in generated code.
 *
 * Globals lie in a mapped array and are read and written plainly, as D has it: who needs exact counts aggregates.
 * Clause-local scalars lie in the context area. A thread's scalars are one block of task storage, made with the first
 * assignment of a value that is not zero. Elements of associative arrays are found and made by functions of the program
 * (../dynamic/functions.ts); one that is zero does not exist. Whatever the kernel refuses is a counted dynamic variable drop.
 */

import { storageCreate } from '../../../bpf/helper.js';
import { alu, callFunction, jump, jumpIf, load, loadMapValue, move, store } from '../../../bpf/instruction.js';
import type { DifInstruction, DifRegister, DifVariable } from '../../dif.js';
import { type DynamicFunction, dynamicFunction, elementAt, valueOffset } from '../dynamic/array.js';
import { creationTries, threadStorage } from '../dynamic/thread.js';
import { contextArea, controlBlock } from '../memory/layout.js';
import { type AssociativeLayout, mapNames, valueSpace } from '../memory/memory.js';
import { type Address, emitClear, emitStringMove } from '../strings.js';
import { contextRegister, countInBlock, taskPointer } from '../unit.js';
import { type Expression, readInteger, typeOf, wordsAt, writeInteger } from './expression.js';

function variableOf(expression: Expression, id: number): DifVariable {
  const variable = expression.unit.program.variables[id];
  if (variable === undefined) throw new Error(`the program has no variable ${id}`);
  return variable;
}

function scalarOffset(expression: Expression, id: number): number {
  const offset = expression.unit.memory.scalars.get(id);
  if (offset === undefined) throw new Error(`variable ${id} has no place`);
  return offset;
}

/** Copies the value at `from` into a virtual register. */
function receive(expression: Expression, dst: DifRegister, from: Address): void {
  const type = typeOf(expression, dst);
  if (type.kind === 'string') {
    emitStringMove(expression.unit.emitter, wordsAt(expression, dst), type.bound, from, type.bound, 'r2');
  } else {
    expression.unit.emitter.emit(load(8, 'r2', from.base, from.offset));
    writeInteger(expression, dst, 'r2');
  }
}

/** Makes a virtual register 0 or "". */
function receiveNothing(expression: Expression, dst: DifRegister): void {
  const type = typeOf(expression, dst);
  if (type.kind === 'string') emitClear(expression.unit.emitter, wordsAt(expression, dst), valueSpace(type) / 8);
  else writeInteger(expression, dst, 0);
}

/** Copies a virtual register into the variable's place at `to`. */
function deliver(expression: Expression, variable: DifVariable, src: DifRegister, to: Address): void {
  const type = typeOf(expression, src);
  if (type.kind === 'string' && variable.type.kind === 'string') {
    emitStringMove(expression.unit.emitter, to, variable.type.bound, wordsAt(expression, src), type.bound, 'r2');
  } else {
    expression.unit.emitter.emit(store(8, to.base, to.offset, readInteger(expression, src, 'r2')));
  }
}

/** Goes to `label` if the value in a virtual register is 0 or "". */
function jumpIfNothing(expression: Expression, src: DifRegister, label: string): void {
  const { emitter } = expression.unit;
  const type = typeOf(expression, src);
  if (type.kind === 'string') {
    const at = wordsAt(expression, src);
    emitter.emit(load(8, 'r1', at.base, at.offset), jumpIf('eq', 'r1', 0, label));
  } else {
    emitter.emit(jumpIf('eq', readInteger(expression, src, 'r1'), 0, label));
  }
}

function dropDynamic(expression: Expression): void {
  expression.unit.emitter.emit(...countInBlock(expression.unit, controlBlock.dynamicDrops));
}

/** Sets r0 to the current thread's storage, or 0. */
function emitThreadStorage(expression: Expression, flags: number): void {
  expression.unit.emitter.emit(taskPointer('r2'), ...threadStorage(flags));
}

/** `dst = variable`. */
export function emitVariableGet(expression: Expression, instruction: Extract<DifInstruction, { op: 'get' }>): void {
  const { emitter } = expression.unit;
  const variable = variableOf(expression, instruction.variable);
  const offset = scalarOffset(expression, variable.id);
  switch (variable.scope) {
    case 'clause':
      receive(expression, instruction.dst, { base: contextRegister, offset });
      return;
    case 'global':
      emitter.emit(loadMapValue('r3', mapNames.globals, offset));
      receive(expression, instruction.dst, { base: 'r3', offset: 0 });
      return;
    case 'thread': {
      const none = emitter.fresh('unset');
      const done = emitter.fresh('got');
      emitThreadStorage(expression, 0);
      emitter.emit(jumpIf('eq', 'r0', 0, none), move('r3', 'r0'));
      receive(expression, instruction.dst, { base: 'r3', offset });
      emitter.emit(jump(done));
      emitter.place(none);
      receiveNothing(expression, instruction.dst);
      emitter.place(done);
      return;
    }
  }
}

/** `variable = src`. */
export function emitVariableSet(expression: Expression, instruction: Extract<DifInstruction, { op: 'set' }>): void {
  const { emitter } = expression.unit;
  const variable = variableOf(expression, instruction.variable);
  const offset = scalarOffset(expression, variable.id);
  switch (variable.scope) {
    case 'clause':
      deliver(expression, variable, instruction.src, { base: contextRegister, offset });
      return;
    case 'global':
      emitter.emit(loadMapValue('r3', mapNames.globals, offset));
      deliver(expression, variable, instruction.src, { base: 'r3', offset: 0 });
      return;
    case 'thread': {
      const found = emitter.fresh('storage');
      const done = emitter.fresh('set');
      emitThreadStorage(expression, 0);
      emitter.emit(jumpIf('ne', 'r0', 0, found));
      jumpIfNothing(expression, instruction.src, done);
      // The kernel allocates without waiting, which can fail for a moment.
      for (let tries = 0; tries < creationTries; tries += 1) {
        emitThreadStorage(expression, storageCreate);
        emitter.emit(jumpIf('ne', 'r0', 0, found));
      }
      dropDynamic(expression);
      emitter.emit(jump(done));
      emitter.place(found);
      emitter.emit(move('r3', 'r0'));
      deliver(expression, variable, instruction.src, { base: 'r3', offset });
      emitter.place(done);
      return;
    }
  }
}

function arrayOf(expression: Expression, id: number): AssociativeLayout {
  const layout = expression.unit.memory.associative.get(id);
  if (layout === undefined) throw new Error(`variable ${id} is not an array`);
  return layout;
}

/** Writes the tuple; the functions of the array write the thread's number before it where it is a thread's. */
function emitTuple(expression: Expression, array: AssociativeLayout, keys: readonly DifRegister[]): void {
  const { unit } = expression;
  let offset = unit.memory.associativeKey + (array.variable.scope === 'thread' ? 8 : 0);
  for (const [index, key] of keys.entries()) {
    const type = typeOf(expression, key);
    const slot = array.variable.keys?.[index];
    if (slot === undefined) throw new Error(`array ${array.variable.name} has no key ${index}`);
    if (type.kind === 'string' && slot.kind === 'string') {
      const to = { base: contextRegister, offset };
      emitStringMove(unit.emitter, to, slot.bound, wordsAt(expression, key), type.bound, 'r2');
    } else {
      unit.emitter.emit(store(8, contextRegister, offset, readInteger(expression, key, 'r2')));
    }
    offset += valueSpace(slot);
  }
}

/** Calls a function of the array with the number of the context area; loses r0 to r5. */
function emitArrayCall({ unit }: Expression, array: AssociativeLayout, name: DynamicFunction): void {
  unit.emitter.emit(load(8, 'r1', contextRegister, contextArea.index), callFunction(dynamicFunction(array, name)));
}

/** `dst = array[keys]`. */
export function emitElementGet(
  expression: Expression,
  instruction: Extract<DifInstruction, { op: 'get-element' }>,
): void {
  const { emitter } = expression.unit;
  const array = arrayOf(expression, instruction.variable);
  const none = emitter.fresh('unset');
  const done = emitter.fresh('got');
  emitTuple(expression, array, instruction.keys);
  emitArrayCall(expression, array, 'find');
  emitter.emit(
    jumpIf('eq', 'r0', 0, none),
    move('r3', 'r0'),
    alu('sub', 'r3', 1),
    ...elementAt(array.dynamic, 'r3', 'r1', none),
  );
  receive(expression, instruction.dst, { base: 'r3', offset: valueOffset(array) });
  emitter.emit(jump(done));
  emitter.place(none);
  receiveNothing(expression, instruction.dst);
  emitter.place(done);
}

/** `array[keys] = src`. */
export function emitElementSet(
  expression: Expression,
  instruction: Extract<DifInstruction, { op: 'set-element' }>,
): void {
  const { unit } = expression;
  const { emitter } = unit;
  const array = arrayOf(expression, instruction.variable);
  const free = emitter.fresh('free');
  const done = emitter.fresh('set');
  emitTuple(expression, array, instruction.keys);
  jumpIfNothing(expression, instruction.src, free);
  deliver(expression, array.variable, instruction.src, { base: contextRegister, offset: unit.memory.elementValue });
  emitArrayCall(expression, array, 'assign');
  emitter.emit(jump(done));
  emitter.place(free);
  emitArrayCall(expression, array, 'free');
  emitter.place(done);
}
