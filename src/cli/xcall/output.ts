/** Where xcall writes. */

/** Characters of a line on standard output; a terminal that does not know its size says 0. */
export const outputWidth = (): number => process.stdout.columns || 100;

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Status of a program that writes into a pipe that nobody reads: what a shell shows for SIGPIPE. */
const brokenPipe = 141;

/** Ends xcall without a word once whoever reads its output has gone, such as `head`. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`xcall: cannot write the output: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? brokenPipe : 2);
  });
}

/** Paces lines on a terminal; elsewhere it waits for nothing. `perSecond` undefined: no waiting. */
export async function pace(perSecond: number | undefined): Promise<void> {
  if (perSecond === undefined || process.stdout.isTTY !== true) return;
  await new Promise((resume) => setTimeout(resume, 1000 / perSecond));
}
