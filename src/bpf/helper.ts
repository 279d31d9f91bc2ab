/**
 * The kernel's helper functions that programs here call: numbers of linux/bpf.h (enum bpf_func_id) and signatures as
 * the verifier sees them (Linux: struct bpf_func_proto).
 */

/** What the verifier and the interpreter demand of an argument. */
export type HelperParameter =
  /** A map, loaded with `load-map`. */
  | 'map'
  /** Pointer to as many bytes as the map's keys have. */
  | 'key'
  /** Pointer to as many bytes as the map's values have. */
  | 'value'
  /** As `value`, or null. */
  | 'value-or-null'
  /** Pointer to memory of the program that is written; the next parameter is its size. */
  | 'output'
  /** Pointer to memory of the program that is read; the next parameter is its size. */
  | 'input'
  /** Size in bytes of the memory before it, at least 1. */
  | 'size'
  /** Size in bytes of the memory before it. */
  | 'size-or-zero'
  /** Pointer to a struct task_struct typed by BTF. */
  | 'task'
  /** Any number. */
  | 'scalar'
  /** An address that the helper itself checks. */
  | 'address';

/** What r0 holds after the call. */
export type HelperResult =
  | 'scalar'
  /** 0 or a negative errno. */
  | 'error'
  /** A size, or a negative errno. */
  | 'size-or-error'
  /** Pointer to a map value, or null, which must be tested for. */
  | 'value-or-null'
  /** Pointer to a kernel object typed by BTF. */
  | 'kernel-pointer';

/** A helper function. */
export interface HelperSpec {
  /** Its name in the kernel. */
  readonly name: string;
  readonly number: number;
  /** What r1 and on hold. */
  readonly parameters: readonly HelperParameter[];
  readonly result: HelperResult;
  /** The first Linux that has it. */
  readonly since: string;
}

const helper = (
  number: number,
  name: string,
  parameters: readonly HelperParameter[],
  result: HelperResult,
  since: string,
): HelperSpec => ({ name, number, parameters, result, since });

/** Every helper known here, by number. */
export const helpers: readonly HelperSpec[] = [
  helper(1, 'bpf_map_lookup_elem', ['map', 'key'], 'value-or-null', '3.19'),
  helper(2, 'bpf_map_update_elem', ['map', 'key', 'value', 'scalar'], 'error', '3.19'),
  helper(3, 'bpf_map_delete_elem', ['map', 'key'], 'error', '3.19'),
  helper(5, 'bpf_ktime_get_ns', [], 'scalar', '4.1'),
  helper(8, 'bpf_get_smp_processor_id', [], 'scalar', '4.1'),
  helper(14, 'bpf_get_current_pid_tgid', [], 'scalar', '4.2'),
  helper(15, 'bpf_get_current_uid_gid', [], 'scalar', '4.2'),
  helper(16, 'bpf_get_current_comm', ['output', 'size'], 'error', '4.2'),
  helper(35, 'bpf_get_current_task', [], 'scalar', '4.8'),
  helper(112, 'bpf_probe_read_user', ['output', 'size-or-zero', 'address'], 'error', '5.5'),
  helper(113, 'bpf_probe_read_kernel', ['output', 'size-or-zero', 'address'], 'error', '5.5'),
  helper(114, 'bpf_probe_read_user_str', ['output', 'size-or-zero', 'address'], 'size-or-error', '5.5'),
  helper(115, 'bpf_probe_read_kernel_str', ['output', 'size-or-zero', 'address'], 'size-or-error', '5.5'),
  helper(120, 'bpf_get_ns_current_pid_tgid', ['scalar', 'scalar', 'output', 'size'], 'error', '5.7'),
  helper(125, 'bpf_ktime_get_boot_ns', [], 'scalar', '5.8'),
  helper(130, 'bpf_ringbuf_output', ['map', 'input', 'size', 'scalar'], 'error', '5.8'),
  helper(141, 'bpf_get_task_stack', ['task', 'output', 'size-or-zero', 'scalar'], 'size-or-error', '5.9'),
  helper(156, 'bpf_task_storage_get', ['map', 'task', 'value-or-null', 'scalar'], 'value-or-null', '5.11'),
  helper(157, 'bpf_task_storage_delete', ['map', 'task'], 'error', '5.11'),
  helper(158, 'bpf_get_current_task_btf', [], 'kernel-pointer', '5.11'),
];

/** Numbers of helpers for `callHelper`, by name without `bpf_`. */
export const helperNumber = {
  mapLookupElem: 1,
  mapUpdateElem: 2,
  mapDeleteElem: 3,
  ktimeGetNs: 5,
  getSmpProcessorId: 8,
  getCurrentPidTgid: 14,
  getCurrentUidGid: 15,
  getCurrentComm: 16,
  getCurrentTask: 35,
  probeReadUser: 112,
  probeReadKernel: 113,
  probeReadUserStr: 114,
  probeReadKernelStr: 115,
  getNsCurrentPidTgid: 120,
  ktimeGetBootNs: 125,
  ringbufOutput: 130,
  getTaskStack: 141,
  taskStorageGet: 156,
  taskStorageDelete: 157,
  getCurrentTaskBtf: 158,
} as const;

const byNumber: ReadonlyMap<number, HelperSpec> = new Map(helpers.map((entry) => [entry.number, entry]));

/** The helper with number `number`, if it is known here. */
export const helperByNumber = (number: number): HelperSpec | undefined => byNumber.get(number);

/** Flags of `bpf_map_update_elem` (linux/bpf.h). */
export const updateFlag = { any: 0, noExist: 1, exist: 2 } as const;

/** Flags of `bpf_ringbuf_output`: wake who waits, or not, whatever it has read (BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP). */
export const ringbufFlag = { noWakeup: 1, forceWakeup: 2 } as const;

/** Flag of `bpf_task_storage_get`: create the storage if the task has none (BPF_LOCAL_STORAGE_GET_F_CREATE). */
export const storageCreate = 1;
