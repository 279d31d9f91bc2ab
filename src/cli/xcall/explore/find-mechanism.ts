/** The mechanism that a command line names. */

import { nearest } from '../../../d/nearest.js';
import { type Mechanism, mechanisms } from '../../../explorer/index.js';
import type { XcallArguments } from '../arguments.js';
import { checkNames } from '../check-names.js';
import { UsageError } from '../usage-error.js';
import { loadMechanismFile, looksLikeFile } from './mechanism-file.js';

/**
 * A mechanism of this package by its name, or that of a file by its path; the other names of the command line fit it.
 * @throws {UsageError}
 */
export async function findMechanism(given: XcallArguments): Promise<Mechanism> {
  const mechanism = await mechanismOf(given.target ?? '');
  checkNames(mechanism, given);
  return mechanism;
}

async function mechanismOf(target: string): Promise<Mechanism> {
  const found = mechanisms.find(({ name }) => name === target);
  if (found !== undefined) return found;
  if (looksLikeFile(target)) return loadMechanismFile(target);
  const near = nearest(
    target,
    mechanisms.map(({ name }) => name),
  );
  throw new UsageError(
    `unknown mechanism ${target}`,
    near === undefined
      ? 'xcall explore --list shows the names; a file is told by a path, such as ./mine.js'
      : `did you mean ${near}?`,
  );
}
