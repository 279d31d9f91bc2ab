/** All mechanisms, in the order of the report. */

import type { Mechanism } from '../model/mechanism.js';

/** All mechanisms that the package has, by names that are unique. */
export const mechanisms: readonly Mechanism[] = [];
