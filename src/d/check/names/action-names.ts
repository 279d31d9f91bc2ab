/** The actions that this version has. Their checks are rows of a table in `actions/`. */

/** The name of an action. */
export type ActionName = (typeof actionNames)[number];

/** All actions. */
export const actionNames = [
  'clear',
  'commit',
  'discard',
  'exit',
  'printa',
  'printf',
  'speculate',
  'stack',
  'trace',
] as const;

/** Whether an action has the name. */
export const isAction = (name: string): name is ActionName => actionNames.some((action) => action === name);
