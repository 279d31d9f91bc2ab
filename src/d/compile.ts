/** The compiler: D texts to DIF, through every stage. */

import type { CheckEnvironment } from './check/environment.js';
import { check } from './check/program.js';
import type { CookedProgram } from './cooked.js';
import { generateDif } from './dif/generate.js';
import type { DifProgram } from './dif.js';
import type { Source } from './source.js';
import type { Program } from './syntax/ast.js';
import { parse } from './syntax/parser.js';

/** Texts that have been parsed: options may be read from them before they are checked. */
export interface ParsedTexts {
  readonly programs: readonly Program[];
  /** `#pragma D option name[=value]`, in their order. */
  readonly optionPragmas: readonly string[];
}

/** Parses texts that form one program. Throws CompileError. */
export function parseTexts(sources: readonly Source[]): ParsedTexts {
  const programs = sources.map(parse);
  const optionPragmas = programs.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'pragma' && part.name === 'option' ? part.words : [])),
  );
  return { programs, optionPragmas };
}

/** Checks and compiles. The result is plain data and the same everywhere for the same environment. Throws CompileError. */
export function compileTexts(texts: ParsedTexts, environment: CheckEnvironment): DifProgram {
  const cooked: CookedProgram = check(texts.programs, environment);
  return generateDif(cooked, { stringSize: environment.stringSize });
}
