/** Functions of D that this version does not have: a program that calls one is told so, not that there is none. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const subroutines = words(
  'alloca basename bcopy cleanpath copyin copyinto copyout copyoutstr d_path ddi_pathname dirname getmajor getminor ' +
    'htonl htonll htons index inet_ntoa inet_ntoa6 inet_ntop link_ntop lltostr mutex_owned mutex_owner ' +
    'mutex_type_adaptive mutex_type_spin ntohl ntohll ntohs progenyof rand rindex rw_iswriter rw_read_held ' +
    'rw_write_held strchr strjoin strlen strrchr strstr strtok substr toupper tolower',
);

const actions = words(
  'breakpoint chill denormalize freopen ftruncate func jstack mod normalize panic pcap print raise ' +
    'setopt stop sym system tracemem trunc uaddr ufunc umod usym ustack',
);

const aggregatingFunctions = words('llquantize lquantize stddev');

/** What a name is that D has and this version has not; undefined for others. */
export function laterFunction(name: string): 'subroutine' | 'action' | 'aggregating function' | undefined {
  if (subroutines.has(name)) return 'subroutine';
  if (actions.has(name)) return 'action';
  return aggregatingFunctions.has(name) ? 'aggregating function' : undefined;
}
