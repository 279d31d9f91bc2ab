/** Ends an exhaustive `switch`: does not compile while a case is missing, and throws should one come at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
}
