/** Numbers of the system calls that are used here (x86-64: arch/x86/entry/syscalls/syscall_64.tbl). */
export const callNumber = {
  read: 0,
  close: 3,
  mmap: 9,
  munmap: 11,
  ioctl: 16,
  gettid: 186,
  schedSetaffinity: 203,
  schedGetaffinity: 204,
  perfEventOpen: 298,
  bpf: 321,
  membarrier: 324,
} as const;
