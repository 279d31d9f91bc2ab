/** What is wrong with a mechanism, and where. */

/** A mechanism that the explorer refuses; the text starts with the place. */
export class MechanismError extends Error {
  override readonly name = 'MechanismError';
  /** Where: `routine / step`, `variable x`, `task t` and the like; empty for the whole. */
  readonly place: string;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(place: string, message: string, hint?: string) {
    super(place === '' ? message : `${place}: ${message}`);
    this.place = place;
    this.hint = hint;
  }
}
