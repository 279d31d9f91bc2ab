/** A consumer's activity (`dts_activity`), by number, as far as the operations need it. */
export const activity = { inactive: 0, warmup: 1, active: 2, draining: 3, cooldown: 4, stopped: 5, killed: 6 } as const;

/** The greatest of them. */
export const lastActivity = 6;
