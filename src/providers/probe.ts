/** Probes, and how descriptions select them. */

/** Something that can fire. */
export interface Probe {
  readonly id: number;
  readonly provider: string;
  readonly module: string;
  readonly function: string;
  readonly name: string;
}

/** The four fields by which probes are selected; an empty one matches anything. Or the number of one probe. */
export interface ProbePattern {
  readonly id?: number;
  readonly provider: string;
  readonly module: string;
  readonly function: string;
  readonly name: string;
}

/** `provider:module:function:name`. */
export const probeText = (probe: ProbePattern): string =>
  `${probe.provider}:${probe.module}:${probe.function}:${probe.name}`;

const globs = new Map<string, RegExp>();

/** Whether `text` matches the glob(7) pattern: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character to be taken as it is. */
export function matchesGlob(pattern: string, text: string): boolean {
  if (pattern === '') return true;
  if (!/[*?[\\]/.test(pattern)) return pattern === text;
  let compiled = globs.get(pattern);
  if (compiled === undefined) {
    compiled = compileGlob(pattern);
    globs.set(pattern, compiled);
  }
  return compiled.test(text);
}

function compileGlob(pattern: string): RegExp {
  const quote = (character: string): string => character.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    const close = character === '[' ? pattern.indexOf(']', at + 2) : -1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (close > 0) {
      const negated = pattern.charAt(at + 1) === '!' || pattern.charAt(at + 1) === '^';
      const set = pattern.slice(at + (negated ? 2 : 1), close);
      source += `[${negated ? '^' : ''}${set.replaceAll(/[\\\]^]/g, '\\$&')}]`;
      at = close;
    } else if (character === '\\' && at + 1 < pattern.length) {
      at += 1;
      source += quote(pattern.charAt(at));
    } else source += quote(character);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range from a higher to a lower character, `[z-a]`: nothing lies in it.
    return /(?!)/;
  }
}

/** Whether the four fields of a pattern select a probe. */
export const matchesProbe = (pattern: ProbePattern, probe: Probe): boolean =>
  matchesGlob(pattern.provider, probe.provider) &&
  matchesGlob(pattern.module, probe.module) &&
  matchesGlob(pattern.function, probe.function) &&
  matchesGlob(pattern.name, probe.name);
