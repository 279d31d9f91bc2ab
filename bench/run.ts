/**
 * The benchmarks: `npm run bench -- [ROW…] [--json FILE]`. Both sides are measured in the same run, in turn; each figure
 * is the median of the pairs with their range, and a figure that misses its target says so (docs/benchmarks.md).
 */

import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench, Row } from './bench.js';
import { type Figure, tableHead, tableLine } from './figure.js';
import { MissingCompilerError, openNativePrograms } from './native-programs.js';
import { addedRows } from './rows/added.js';
import { clearRow } from './rows/clear.js';
import { enableAllRow } from './rows/enable-all.js';
import { protocolRow } from './rows/protocol.js';
import { recordsRow } from './rows/records.js';
import { requestsRow } from './rows/requests.js';
import { startRow } from './rows/start.js';
import { syncRow } from './rows/sync.js';
import { ticksRow } from './rows/ticks.js';
import { xcallRow } from './rows/xcall.js';
import { mountTracefs } from './tracefs.js';
import { bpftraceVersion } from './tracers.js';

const rows: readonly Row[] = [
  startRow,
  enableAllRow,
  ...addedRows,
  protocolRow,
  ticksRow,
  clearRow,
  recordsRow,
  xcallRow,
  syncRow,
  requestsRow,
];

interface RowResult {
  readonly row: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Why there are no figures, or not all. */
  readonly skipped?: string;
  readonly failed?: string;
}

async function runRow(row: Row, shared: Pick<Bench, 'bpftrace' | 'native'>): Promise<RowResult> {
  const figures: Figure[] = [];
  const notes: string[] = [];
  console.log(`\n${row.name}: ${row.title}`);
  try {
    await row.run({
      ...shared,
      report: (figure) => {
        figures.push(figure);
        console.log(tableLine(figure));
      },
      note: (text) => {
        notes.push(text);
        console.log(`  ${text}`);
      },
    });
  } catch (error) {
    const skipped = error instanceof MissingCompilerError;
    const { message } = error as Error;
    console.log(`  ${skipped ? 'skipped' : 'failed'}: ${message}`);
    if (!skipped) process.exitCode = 1;
    return { row: row.name, title: row.title, figures, notes, [skipped ? 'skipped' : 'failed']: message };
  }
  return { row: row.name, title: row.title, figures, notes };
}

const usage = `usage: npm run bench -- [ROW ...] [--json FILE]; rows: ${rows.map(({ name }) => name).join(', ')}`;

/** The command line, or undefined if it is no such. */
function readArguments(): { readonly json: string | undefined; readonly positionals: readonly string[] } | undefined {
  try {
    const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
    return { json: values.json, positionals };
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given === undefined) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const { json, positionals } = given;
  const unknown = positionals.filter((name) => rows.every((row) => row.name !== name));
  if (unknown.length > 0) {
    console.error(`no row is called ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const bpftrace = bpftraceVersion();
  const machine = {
    kernel: release(),
    cpu: cpus()[0]?.model ?? '',
    cpus: cpus().length,
    node: process.version,
    bpftrace,
  };
  console.log(`Linux ${machine.kernel}, ${machine.cpus} x ${machine.cpu}, Node ${machine.node}`);
  console.log(bpftrace === undefined ? 'bpftrace is not installed: our side only' : `bpftrace ${bpftrace}`);
  console.log(`\n${tableHead}`);

  const programs = openNativePrograms();
  const tracefs = bpftrace === undefined ? undefined : mountTracefs();
  // An interrupt reaches the tracers too; what is left to do is to remove the compiled programs and the mount.
  process.once('exit', () => {
    programs.close();
    tracefs?.close();
  });
  process.once('SIGINT', () => process.exit(130));
  const results: RowResult[] = [];
  for (const row of rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    results.push(await runRow(row, { bpftrace, native: (program) => programs.path(program) }));
  }
  const judged = results.flatMap(({ figures }) => figures).filter(({ met }) => met !== undefined);
  console.log(`\n${judged.filter(({ met }) => met).length} of ${judged.length} targets met`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

await main();
