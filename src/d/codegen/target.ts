/** What code generation has to know of the kernel at hand. */

/** The kernel that programs are made for; its layout comes from BTF, or from a table in tests. */
export interface TargetKernel {
  /** Byte offset of a member of a kernel structure, by a dotted path. Throws where the kernel has no such member. */
  fieldOffset(structure: string, path: string): number;
  /** As `fieldOffset`, for members that not every kernel has: undefined where this one does not. */
  optionalFieldOffset(structure: string, path: string): number | undefined;
  /** Bytes of a kernel structure. */
  structureSize(structure: string): number;
  /** Offset of a per-CPU variable in its section, or undefined where the kernel has none of that name. */
  percpuOffset(name: string): number | undefined;
  /**
   * The code through which a program is entered, on the way from a tracepoint of this name to it, or from BPF_PROG_RUN
   * (undefined). Frames in it, and above it, are the tracer's own. Empty where the kernel shows no addresses.
   */
  probeEntry(tracepoint: string | undefined): readonly AddressRange[];
  /** The code of the functions whose names, as /proc/kallsyms has them, are wanted. Empty where it shows no addresses. */
  codeOf(isWanted: (name: string) => boolean): readonly AddressRange[];
  /** Whether programs on tracepoints of tasks can be preempted; true where that cannot be found out. */
  readonly preemptibleTracepoints: boolean;
  /** Where dtrace runs in a pid namespace below the initial one: its depth. Ids are then those of that namespace. */
  readonly pidNamespace: PidNamespace | undefined;
}

/** Code of the kernel, from `start` on. */
export interface AddressRange {
  readonly start: bigint;
  /** Bytes. */
  readonly size: number;
}

/** A pid namespace other than the initial one. */
export interface PidNamespace {
  /** Depth below the initial namespace, 1 and up (struct pid, `level`). */
  readonly level: number;
  /** Inode of the namespace (struct ns_common, `inum`), by which numbers of other namespaces are told apart. */
  readonly inode: number;
}
