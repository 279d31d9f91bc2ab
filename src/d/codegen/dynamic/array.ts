/** What the functions of associative arrays have in common: their names, how they begin, and where an element lies. */

import { alu, exit, functionStart, jumpIf, loadMapValue, move, type Register } from '../../../bpf/instruction.js';
import { type DynamicLayout, dynamicElement } from '../memory/dynamic-layout.js';
import type { AssociativeLayout } from '../memory/memory.js';
import { contextFromIndex, type Unit } from '../unit.js';

/** What the functions of an array do. */
export type DynamicFunction = 'find' | 'assign' | 'free' | 'take' | 'give';

/**
 * Name of a function of an array. `find` returns the element's number and 1, or 0. `assign` takes the value from the
 * context area. `take` returns a clean element's number and 1, or 0; `give` takes the number of a freed one.
 */
export const dynamicFunction = ({ variable }: AssociativeLayout, name: DynamicFunction): string =>
  `array_${name}_${variable.id}`;

/** Rounds of an assignment that meets others, and of a taker at one ring. */
export const tries = 4;

/** Sets `to` to the element with the number in `to`; goes to `none` if there is none. Loses `scratch`. */
export function elementAt(layout: DynamicLayout, to: Register, scratch: Register, none: string) {
  return [
    jumpIf('ge', to, layout.capacity, none),
    alu('mul', to, layout.elementSize),
    loadMapValue(scratch, layout.map, layout.elements),
    alu('add', scratch, to),
    move(to, scratch),
  ];
}

/** Where the value of an element lies. */
export const valueOffset = ({ keySize }: AssociativeLayout): number => dynamicElement.key + keySize;

/** Begins a function that takes the number of a context area in r1; goes to `outside` if there is no such area. */
export function emitStart(unit: Unit, array: AssociativeLayout, name: DynamicFunction, outside: string): void {
  const { emitter, memory } = unit;
  emitter.emit(
    functionStart(dynamicFunction(array, name), 1, 'global'),
    ...contextFromIndex(memory.shape, memory.contextSize, outside),
  );
}

/** Ends a function with a number. */
export const returning = (value: number) => [move('r0', value), exit()];
