/**
 * The report of `dtrace -v`: for each text the minimum of the stability attributes of its probe descriptions and of its
 * statements (Dynamic Tracing Guide, "Stability Computations and Reports").
 */

import { difosOf } from '../d/dif/actions.js';
import type { BuiltinVariable, DifClause, ProbeDescription } from '../d/dif.js';
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
        `\nStability data for ${kind} ${name}:\n`,
        block('Minimum probe description attributes', minimumOf(descriptions.map(attributesOfDescription))),
        block('Minimum statement attributes', minimumOf(clauses.map((clause) => attributesOfClause(clause, registry)))),
        '\n',
      ].join('');
    })
    .join('');
}

function block(title: string, attributes: Attributes): string {
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
function attributesOfDescription(pattern: ProbePattern): Attributes {
  const attributes = providerAttributes(pattern.provider);
  const given = (['module', 'function', 'name'] as const).filter((field) => /^[^*?[\\]+$/.test(pattern[field]));
  return minimumOf([attributes.provider, ...given.map((field) => attributes[field])]);
}

const probeArguments: ReadonlySet<BuiltinVariable> = new Set([
  'arg0',
  'arg1',
  'arg2',
  'arg3',
  'arg4',
  'arg5',
  'arg6',
  'arg7',
  'arg8',
  'arg9',
]);

/** Of D itself, and of the arguments of every probe of the clause if the predicate or a statement reads one. */
function attributesOfClause(clause: DifClause, registry: ProbeRegistry): Attributes {
  const { predicate, actions, probes } = clause;
  const difos = [...(predicate === undefined ? [] : [predicate]), ...actions.flatMap(difosOf)];
  const readsArguments = difos.some(({ instructions }) =>
    instructions.some((instruction) => instruction.op === 'builtin' && probeArguments.has(instruction.variable)),
  );
  if (!readsArguments) return languageAttributes;
  const used = probes.map((probe) => providerAttributes(patternOf(probe, registry).provider).arguments);
  return minimumOf([languageAttributes, ...used]);
}
