/** Points in time as `%Y` and `%T` print them, in the local time zone. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** The second of a time in nanoseconds since 1970. */
export function secondsOf(nanoseconds: number | bigint): number {
  return typeof nanoseconds === 'bigint' ? Number(nanoseconds / 1_000_000_000n) : Math.trunc(nanoseconds / 1e9);
}

const dateOf = (nanoseconds: number | bigint): Date => new Date(secondsOf(nanoseconds) * 1000);

const clock = (date: Date): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');

/** `%Y`: `2026 Nov 22 16:26:34`, the day in two columns. */
export function formatTime(nanoseconds: number | bigint): string {
  const date = dateOf(nanoseconds);
  const day = String(date.getDate()).padStart(2);
  return `${String(date.getFullYear()).padStart(4)} ${months[date.getMonth()]} ${day} ${clock(date)}`;
}

/** `%T`: the RFC 822 form `Sun, 22 Nov 2026 16:26:34 UTC`; the year is that of the ISO week, as dtrace has it. */
export function formatTime822(nanoseconds: number | bigint): string {
  const date = dateOf(nanoseconds);
  const day = String(date.getDate()).padStart(2, '0');
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName');
  return `${days[date.getDay()]}, ${day} ${months[date.getMonth()]} ${weekYear(date)} ${clock(date)} ${zone?.value ?? ''}`;
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function weekYear(date: Date): number {
  const thursday = new Date(date);
  thursday.setDate(date.getDate() + 4 - (date.getDay() || 7));
  return thursday.getFullYear();
}
