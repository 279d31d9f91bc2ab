/** What dtrace --doctor finds out, as data. */

/** `missing`: tracing does not work without it. `limited`: it works, with less. `unknown`: the machine does not show it. */
export type CheckStatus = 'ok' | 'limited' | 'missing' | 'unknown';

/** One thing that tracing depends on, or that explains what it shows. */
export interface DoctorCheck {
  /** Unique within a report. */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly detail: string;
  /** For what is not ok: what it means and where it comes from. */
  readonly why?: string;
  /** What to do, where something can be done. */
  readonly fix?: string;
}

/** The result of `dtrace --doctor --json`: this object, and nothing else. */
export interface DoctorReport {
  /** Whether the providers dtrace, syscall and profile work: nothing is missing. */
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

/** A check that found what it looked for. */
export const fine = (name: string, detail: string): DoctorCheck => ({ name, status: 'ok', detail });

/** A check that found something short. */
export const short = (
  name: string,
  status: Exclude<CheckStatus, 'ok'>,
  detail: string,
  why: string,
  fix?: string,
): DoctorCheck => ({ name, status, detail, why, ...(fix === undefined ? {} : { fix }) });

/** The text of a report: a line a check, `why:` and `fix:` below it; ends with a newline. */
export function renderReport({ ok, checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ status, name, detail, why, fix }) => [
    `${status.padEnd(7)}  ${name.padEnd(width)}  ${detail}`,
    ...(why === undefined ? [] : [`         why: ${why}`]),
    ...(fix === undefined ? [] : [`         fix: ${fix}`]),
  ]);
  const verdict = ok ? 'dtrace works here' : 'dtrace does not work here: what is missing stands above';
  return [...lines, '', verdict, ''].join('\n');
}
