/** Error numbers that helpers return, negated (asm-generic/errno-base.h, errno.h). */
export const errno = {
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ERANGE: 34,
} as const;
