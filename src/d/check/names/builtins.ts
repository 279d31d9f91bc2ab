/** The variables that DTrace defines. */

import type { BuiltinVariable } from '../../dif.js';
import { integerTypes as c, type DType, stringType } from '../../types.js';
import type { CheckEnvironment } from '../environment.js';

const argument = c.int64_t;

/** Every variable that this version knows, with its type. Strings have the bounds of the kernel's fields. */
const builtins: Readonly<Record<BuiltinVariable, DType>> = {
  arg0: argument,
  arg1: argument,
  arg2: argument,
  arg3: argument,
  arg4: argument,
  arg5: argument,
  arg6: argument,
  arg7: argument,
  arg8: argument,
  arg9: argument,
  caller: c.uintptr_t,
  cpu: c.processorid_t,
  epid: c['unsigned int'],
  errno: c.int,
  execname: stringType(16),
  gid: c.gid_t,
  id: c['unsigned int'],
  ipl: c['unsigned int'],
  pid: c.pid_t,
  ppid: c.pid_t,
  probefunc: stringType(128),
  probemod: stringType(64),
  probename: stringType(64),
  probeprov: stringType(64),
  stackdepth: c['unsigned int'],
  tid: c.id_t,
  timestamp: c.uint64_t,
  uid: c.uid_t,
  vtimestamp: c.uint64_t,
  walltimestamp: c.int64_t,
};

/** Variables of DTrace that this version does not have. */
const laterBuiltins: ReadonlySet<string> = new Set(
  'curcpu curlwpsinfo curpsinfo curthread cwd fds root ucaller uregs ustackdepth zonename'.split(' '),
);

/** Whether DTrace defines a variable of the name and this version has it. */
export const isBuiltin = (name: string): name is BuiltinVariable => Object.hasOwn(builtins, name);

/** Whether the name is that of the array of the probe's typed arguments. */
export const isArguments = (name: string): boolean => name === 'args';

/** Whether DTrace defines a variable of the name and this version does not have it. */
export const isLaterBuiltin = (name: string): boolean => laterBuiltins.has(name);

/** The type of a variable that DTrace defines; strings are as long as the system's names at most, and as `stringSize`. */
export function builtinType(
  name: BuiltinVariable,
  { stringSize, nameBounds }: Pick<CheckEnvironment, 'stringSize' | 'nameBounds'>,
): DType {
  const type = builtins[name];
  if (type.kind !== 'string') return type;
  return stringType(Math.min(nameBounds?.[name] ?? type.bound, stringSize));
}

/** The names of all that this version has. */
export const builtinNames: readonly string[] = Object.keys(builtins);
