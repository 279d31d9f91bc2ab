/** `dtrace -l`: the probes that descriptions match, one a line. */

import type { ParsedTexts, Probe, ProbeRegistry } from '../index.js';
import { CommandError } from './command-error.js';

const row = (id: string, provider: string, module: string, name: string, rest: string): string =>
  `${id.padStart(5)} ${provider.padStart(10)} ${module.padStart(17)} ${name.padStart(33)} ${rest}\n`;

/** Prints the probes of the texts' descriptions, every probe where there are none; gives the exit status. */
export function listProbes(registry: ProbeRegistry, texts: ParsedTexts): number {
  const descriptions = texts.programs.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'clause' ? part.probes : [])),
  );
  const everything = { provider: '', module: '', function: '', name: '' };
  const found: Probe[] = [];
  for (const pattern of descriptions.length > 0 ? descriptions : [everything]) {
    const matched = registry.match(pattern);
    if (matched.length === 0) {
      const { provider, module, function: name, name: rest } = pattern;
      const why = registry.whyNone(pattern);
      const hint = why === undefined ? '' : `\n    hint: ${why}`;
      const message = `failed to match ${provider}:${module}:${name}:${rest}: No probe matches description`;
      throw new CommandError(`${message}${hint}`);
    }
    found.push(...matched);
  }
  const rows = found.map(({ id, provider, module, function: name, name: rest }) =>
    row(String(id), provider, module, name, rest),
  );
  process.stdout.write(`${row('ID', 'PROVIDER', 'MODULE', 'FUNCTION', 'NAME')}${rows.join('')}`);
  return 0;
}
