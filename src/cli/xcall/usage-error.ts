/** What the user asked for cannot be done as it was written. */

/** An error of the command line or of a user's file. xcall prints it in one line, with the hint in another, and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
