/** Numbers of the system calls that are used here (x86-64: arch/x86/entry/syscalls/syscall_64.tbl). */
export const callNumber = {
  read: 0,
  write: 1,
  close: 3,
  poll: 7,
  mmap: 9,
  munmap: 11,
  ioctl: 16,
  schedSetscheduler: 144,
  gettid: 186,
  schedSetaffinity: 203,
  schedGetaffinity: 204,
  eventfd2: 290,
  perfEventOpen: 298,
  bpf: 321,
  membarrier: 324,
} as const;
