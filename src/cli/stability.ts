/**
 * The report of `dtrace -v`: for each text the minimum of the stability attributes of its probe descriptions and of its
 * statements (Dynamic Tracing Guide, "Stability Computations and Reports").
 */

import type { ProbeDescription } from '../d/dif.js';
import { type Attributes, languageAttributes, minimumAttributes } from '../d/stability.js';
import type { DifProgram, ParsedTexts, ProbePattern, ProbeRegistry } from '../index.js';
import { providerAttributes } from '../providers/attributes.js';
import { titleOf } from './title.js';

/** The report on every text, in their order. Probes that are given by number are looked up in the registry. */
export function stabilityReport(program: DifProgram, texts: ParsedTexts, registry: ProbeRegistry): string {
  return texts.programs
    .map(({ span: { source } }) => {
      const clauses = program.clauses.filter(({ span }) => span.source === source);
      const descriptions = clauses.flatMap(({ probes }) => probes.map((probe) => patternOf(probe, registry)));
      const { kind, name } = titleOf(source);
      return [
        `\nStability attributes for ${kind} ${name}:\n`,
        attributesBlock('Minimum Probe Description Attributes', minimumOf(descriptions.map(attributesOfDescription))),
        // Every variable and function of D that exists here has the attributes of D itself, arg0 to arg9 and args[] too.
        attributesBlock('Minimum Statement Attributes', languageAttributes),
        '\n',
      ].join('');
    })
    .join('');
}

/** Three attributes under a title, as dtrace(1) lays them out: an empty line and four more. */
export function attributesBlock(title: string, attributes: Attributes): string {
  return [
    `\n\t${title}`,
    `\t\tIdentifier Names: ${attributes.name}`,
    `\t\tData Semantics:   ${attributes.data}`,
    `\t\tDependency Class: ${attributes.class}\n`,
  ].join('\n');
}

/** The minimum of all; D's own attributes where there is none. */
function minimumOf([first = languageAttributes, ...rest]: readonly Attributes[]): Attributes {
  return rest.reduce(minimumAttributes, first);
}

/** The fields that a description gives; a number stands for all the fields of its probe. */
function patternOf(description: ProbeDescription, registry: ProbeRegistry): ProbePattern {
  return description.id === undefined ? description : (registry.byId(description.id) ?? description);
}

/** Of the provider, given or not, and of the other fields that are given; a pattern commits to no name. */
export function attributesOfDescription(pattern: ProbePattern): Attributes {
  const attributes = providerAttributes(pattern.provider);
  const given = (['module', 'function', 'name'] as const).filter((field) => /^[^*?[\\]+$/.test(pattern[field]));
  return minimumOf([attributes.provider, ...given.map((field) => attributes[field])]);
}
