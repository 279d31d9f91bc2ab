/** The language of mechanisms, for tests. */

export * from '../../src/explorer/model/expression.js';
export * from '../../src/explorer/model/model.js';
export * from '../../src/explorer/model/steps.js';
export * from '../../src/explorer/model/variable.js';
