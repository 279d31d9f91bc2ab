/** What a user of the lab can do something about: the message says what, and `hint` how. */
export class LabError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(hint === undefined ? message : `${message} (${hint})`);
    this.name = 'LabError';
    this.hint = hint;
  }
}
