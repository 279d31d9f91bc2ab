/** Looks whether the names on a command line are those of a mechanism, to say which one was meant. */

import { nearest } from '../../d/nearest.js';
import { type Mechanism, settle } from '../../explorer/index.js';
import type { XcallArguments } from './arguments.js';
import { UsageError } from './usage-error.js';

/**
 * Checks --with and --property.
 * @throws {UsageError} where a name is none; MechanismError where the options do not go together.
 */
export function checkNames(mechanism: Mechanism, { options, properties, cpus, memory }: XcallArguments): void {
  const known = mechanism.options.map(({ name }) => name);
  for (const option of options) {
    if (!known.includes(option)) throw unknownName(`${mechanism.name} has no option ${option}`, option, known);
  }
  if (properties.length === 0) return;
  const asked = settle(mechanism, { options, cpus, memory }).model.properties.map(({ name }) => name);
  for (const property of properties) {
    if (!asked.includes(property)) {
      const quoted = asked.map((name) => `"${name}"`);
      throw unknownName(`${mechanism.name} has no property "${property}"`, `"${property}"`, quoted);
    }
  }
}

function unknownName(message: string, name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  if (near !== undefined) return new UsageError(message, `did you mean ${near}?`);
  return new UsageError(message, known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`);
}
