/** `dtrace -l`: the probes that descriptions match, one a line, and with `-v` what is known of each. */

import { typeName } from '../d/check/types/type-text.js';
import type { ParsedTexts, Probe, ProbeRegistry } from '../index.js';
import { providerAttributes } from '../providers/attributes.js';
import { CommandError } from './command-error.js';
import { attributesBlock, attributesOfDescription } from './stability.js';

const row = (id: string, provider: string, module: string, name: string, rest: string): string =>
  `${id.padStart(5)} ${provider.padStart(10)} ${module.padStart(17)} ${name.padStart(33)} ${rest}\n`;

/**
 * Prints the probes of the texts' descriptions, every probe where there are none, with their attributes and the types of
 * their arguments if `verbose`; gives the exit status.
 */
export function listProbes(registry: ProbeRegistry, texts: ParsedTexts, verbose: boolean): number {
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
  const rows = found.map((probe) => {
    const { id, provider, module, function: name, name: rest } = probe;
    return `${row(String(id), provider, module, name, rest)}${verbose ? probeInformation(registry, probe) : ''}`;
  });
  process.stdout.write(`${row('ID', 'PROVIDER', 'MODULE', 'FUNCTION', 'NAME')}${rows.join('')}`);
  return 0;
}

/** What `-lv` says of a probe: its attributes, those of its arguments, and their types. */
function probeInformation(registry: ProbeRegistry, probe: Probe): string {
  const types = registry.argumentTypes(probe).map((type, index) => `\t\targs[${index}]: ${typeName(type)}\n`);
  return [
    attributesBlock('Probe Description Attributes', attributesOfDescription(probe)),
    attributesBlock('Argument Attributes', providerAttributes(probe.provider).arguments),
    '\n\tArgument Types\n',
    ...(types.length > 0 ? types : ['\t\tNone\n']),
    '\n',
  ].join('');
}
