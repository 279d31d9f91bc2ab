/** Probe descriptions: `provider:module:function:name`, fields left out on the left. */

import type { ProbeDescription } from '../dif.js';
import type { Source } from '../source.js';
import type { NumberedProbeDescription } from './ast.js';
import { scanDescription } from './lexer.js';
import type { TokenCursor } from './parser-cursor.js';

const fields = ['provider', 'module', 'function', 'name'] as const;

/** How many fields a description of each origin can have: its last one is the provider for `-P`, and so on. */
const fieldCount: Readonly<Record<Source['origin'], number>> = {
  script: 4,
  '-n': 4,
  '-i': 4,
  '-f': 3,
  '-m': 2,
  '-P': 1,
};
const things = { '-P': 'providers', '-m': 'modules', '-f': 'functions' } as const;

/** One or more descriptions, separated by commas, from the current place on. */
export function parseDescriptions(cursor: TokenCursor): readonly ProbeDescription[] {
  const probes = [parseDescription(cursor)];
  while (cursor.accept(',')) probes.push(parseDescription(cursor));
  return probes;
}

function parseDescription(cursor: TokenCursor): ProbeDescription {
  const { source, current } = cursor;
  const text = scanDescription(source, current.start);
  if (text === undefined) {
    return cursor.unexpected(
      'a probe description',
      source.text.startsWith('//', current.start) ? { hint: 'comments are written /* … */ in D' } : {},
    );
  }
  cursor.moveTo(current.start + text.length);
  const span = cursor.spanFrom(current.start);
  if (/^[0-9]/.test(text)) return numbered(cursor, text, span);
  if (source.origin === '-i') {
    cursor.fail(
      'D_PDESC_INVAL',
      `invalid probe identifier "${text}"`,
      { hint: '-i takes the number of a probe' },
      span,
    );
  }
  const words = text.split(':');
  const count = fieldCount[source.origin];
  if (words.length > count) {
    const allowed = count === 1 ? '1 field' : `${count} fields`;
    cursor.fail(
      'D_PDESC_INVAL',
      `invalid probe description "${text}": Overspecified probe description`,
      { hint: `${source.origin === 'script' ? 'a description' : source.origin} has at most ${allowed}` },
      span,
    );
  }
  const field = (name: (typeof fields)[number]) => words[fields.indexOf(name) - count + words.length] ?? '';
  return {
    provider: field('provider'),
    module: field('module'),
    function: field('function'),
    name: field('name'),
    text,
    span,
  };
}

function numbered(cursor: TokenCursor, text: string, span: ProbeDescription['span']): NumberedProbeDescription {
  const { origin } = cursor.source;
  const id = Number(text);
  if (id > 0xffff_ffff) cursor.fail('D_PDESC_INVAL', `identifier ${text} exceeds maximum probe id`, {}, span);
  if (origin === '-P' || origin === '-m' || origin === '-f') {
    const message = `probe identifier ${text} not permitted when specifying ${things[origin]}`;
    cursor.fail('D_PDESC_INVAL', message, { hint: 'use -i' }, span);
  }
  return { provider: '', module: '', function: '', name: text, text, span, id };
}
