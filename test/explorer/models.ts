/** Small mechanisms for tests of the search: each shows one thing. */

import { type Mechanism, mechanism } from '../../src/explorer/model/mechanism.js';
import type { Model } from '../../src/explorer/model/model.js';

/** A mechanism of one model, without options. */
export const only = (model: Partial<Model> & Pick<Model, 'cpus'>): Mechanism =>
  mechanism({
    name: 'test',
    summary: 'a mechanism of the tests',
    options: [],
    variants: [[]],
    cpus: { least: model.cpus, most: model.cpus },
    build: () => ({ variables: [], tasks: [], vectors: [], sources: [], properties: [], ...model }),
  });
