/** What keeps a measurement from being made. */

/** Something on this machine was in the way; measuring again may go well. */
export class MeasurementError extends Error {
  /** What to do. */
  readonly hint: string;

  constructor(problem: string, hint: string) {
    super(problem);
    this.name = 'MeasurementError';
    this.hint = hint;
  }
}
