/**
 * Stability attributes: how likely an interface that a D program uses is to change, and on how many systems it is there
 * (Dynamic Tracing Guide, "Stability").
 */

/** How stable a name or the meaning of its data is, from the least stable on. */
export const stabilities = [
  'Internal',
  'Private',
  'Obsolete',
  'External',
  'Unstable',
  'Evolving',
  'Stable',
  'Standard',
] as const;

/** What an interface depends on, from the narrowest class to the widest. */
export const dependencyClasses = ['Unknown', 'CPU', 'Platform', 'Group', 'ISA', 'Common'] as const;

/** How stable a name or the meaning of its data is. */
export type Stability = (typeof stabilities)[number];

/** What an interface depends on. */
export type DependencyClass = (typeof dependencyClasses)[number];

/** The attributes of an interface, written `name/data/class` in the guide. */
export interface Attributes {
  readonly name: Stability;
  readonly data: Stability;
  readonly class: DependencyClass;
}

/** The attributes of D itself: its constants, operators, actions, functions and most of its variables. */
export const languageAttributes: Attributes = { name: 'Stable', data: 'Stable', class: 'Common' };

/** The attributes of what uses two interfaces: the lower of each of the three fields. */
export function minimumAttributes(one: Attributes, other: Attributes): Attributes {
  return {
    name: lower(stabilities, one.name, other.name),
    data: lower(stabilities, one.data, other.data),
    class: lower(dependencyClasses, one.class, other.class),
  };
}

function lower<T>(order: readonly T[], one: T, other: T): T {
  return order.indexOf(one) <= order.indexOf(other) ? one : other;
}
