/** Whether data from a user's file has the shape of a mechanism, or of a model: JavaScript has not been checked by a compiler. */

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isText = (value: unknown): boolean => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** What is wrong with a mechanism; undefined where nothing is. */
export function mechanismProblem(value: unknown): string | undefined {
  if (!isObject(value)) return `it is ${value === null ? 'null' : `a ${typeof value}`}`;
  const { name, summary, options, variants, build, cpus, memories } = value;
  if (!isText(name)) return '`name` is not a text';
  if (!isText(summary)) return '`summary` is not a text';
  if (!isOptions(options)) return '`options` is not an array of { name, summary }';
  if (!Array.isArray(variants) || !variants.every(isTexts)) return '`variants` is not an array of arrays of names';
  if (typeof build !== 'function') return '`build` is not a function';
  if (cpus !== undefined && !(isObject(cpus) && Number.isInteger(cpus['least']) && Number.isInteger(cpus['most']))) {
    return '`cpus` is not { least, most }';
  }
  if (
    memories !== undefined &&
    !(Array.isArray(memories) && memories.every((each) => each === 'sc' || each === 'tso'))
  ) {
    return "`memories` is not an array of 'sc' and 'tso'";
  }
  return undefined;
}

const isOptions = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => isObject(each) && isText(each['name']) && isText(each['summary']));

const lists = ['variables', 'tasks', 'vectors', 'sources', 'properties'] as const;

/** What is wrong with a model, of its outermost shape; undefined where nothing is. */
export function modelProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'nothing is there: does it return the model?';
  if (!Number.isInteger(value['cpus'])) return '`cpus` is not a number';
  for (const list of lists) {
    const items = value[list];
    if (!Array.isArray(items)) return `\`${list}\` is not an array`;
    if (!items.every(isObject)) return `\`${list}\` holds something that is no object`;
  }
  const routines: readonly (readonly [string, string])[] = [
    ['tasks', 'routine'],
    ['vectors', 'handler'],
  ];
  for (const [list, key] of routines) {
    for (const item of value[list] as readonly Readonly<Record<string, unknown>>[]) {
      const problem = routineProblem(item[key]);
      if (problem !== undefined) return `\`${key}\` of ${String(item['name'])} ${problem}`;
    }
  }
  return undefined;
}

function routineProblem(value: unknown): string | undefined {
  if (!isObject(value) || !isText(value['name']) || !Array.isArray(value['steps'])) {
    return 'is not made by routine(name, standsFor, steps)';
  }
  return areSteps(value['steps']) ? undefined : 'has steps that are not made by load, store and the like';
}

const areSteps = (steps: readonly unknown[]): boolean =>
  steps.every((step) =>
    Array.isArray(step) ? areSteps(step) : isObject(step) && isText(step['kind']) && isText(step['name']),
  );
