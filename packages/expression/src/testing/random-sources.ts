import fc from 'fast-check';
import { functionDocs } from '../language.ts';
import { flight } from './evaluate.ts';

const hostileNames = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
];
const fieldNames = [...Object.keys(flight), 'from', 'minutes', 'length', 'x', ...hostileNames];

export type Source = fc.Arbitrary<string>;

/** A source of parts in a row, some of them fixed. */
export function sequence(...parts: (string | Source)[]): Source {
  return fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(''));
}

/** Tokens in any order. Few of these parse. */
export const tokenSoup: Source = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('value', 'key', 'timestamp', 'left', 'right', 'x', 'this', 'Math') },
      { weight: 3, arbitrary: fc.constantFrom(...fieldNames) },
      {
        weight: 6,
        arbitrary: fc.constantFrom('.', '?.', '(', ')', '[', ']', '{', '}', ',', ':', '=>', '...', '`', '${'),
      },
      {
        weight: 4,
        arbitrary: fc.constantFrom('+', '-', '*', '/', '%', '**', '<', '>=', '==', '!==', '&&', '||', '??', '?', '!'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '=',
          '++',
          'new ',
          'typeof ',
          'in ',
          '&',
          ';',
          '#',
          '\\',
          '//',
          '/*',
          '@',
          '\n',
          '\u2028',
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom(...functionDocs.map((doc) => doc.name)) },
      { weight: 2, arbitrary: fc.constantFrom('1', '0', '.5', '1e999', "'a'", '"', "'", 'null', 'true', '😀', '10n') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

const calls = functionDocs.filter((doc) => doc.on === undefined).map((doc) => doc.name);
const textMethods = functionDocs.filter((doc) => doc.on === 'string').map((doc) => doc.name);
const listMethods = functionDocs.filter((doc) => doc.on === 'array').map((doc) => doc.name);

/** Expressions that parse, of every form: mostly of the kind that fits, sometimes of any. */
export const { any: expressions } = fc.letrec<Record<'any' | 'number' | 'text' | 'flag' | 'list' | 'object', string>>(
  (tie) => {
    const [any, number, text, flag, list, object] = (['any', 'number', 'text', 'flag', 'list', 'object'] as const).map(
      (kind) => fc.oneof({ weight: 12, arbitrary: tie(kind) }, { weight: 1, arbitrary: tie('any') }),
    ) as [Source, Source, Source, Source, Source, Source];
    const name = fc.constantFrom(...fieldNames);
    const args = fc
      .array(fc.oneof(number, text, any, sequence('x => (', any, ')')), { maxLength: 2 })
      .map((texts) => texts.join(', '));
    const oneOf = (simple: readonly string[], ...others: Source[]): Source =>
      fc.oneof({ depthIdentifier: 'tree', maxDepth: 7, depthSize: 'small' }, fc.constantFrom(...simple), ...others);
    const textCall = fc.constantFrom(...textMethods);
    const listCall = fc.constantFrom(...listMethods);
    return {
      any: oneOf(
        ['value', 'key', 'timestamp', 'left', 'right', 'null', 'value.airport', 'right?.airport.city'],
        tie('number'),
        tie('text'),
        tie('flag'),
        tie('list'),
        tie('object'),
        sequence('(', any, fc.constantFrom(').', ')?.'), name),
        sequence(fc.constantFrom('value', 'left', 'value.legs[0]'), '.', name),
        sequence('(', any, ')[', any, ']'),
        sequence('(', any, ' ?? ', any, ')'),
        sequence('(', flag, ' ? ', any, ' : ', any, ')'),
        sequence('(', any, ').', fc.oneof(textCall, listCall), '(', args, ')'),
        sequence(fc.constantFrom(...calls), '(', args, ')'),
      ),
      number: oneOf(
        ['1', '0', '-2.5', '1e3', 'value.delay', 'timestamp', 'value.legs.length'],
        sequence('(', number, fc.constantFrom(' + ', ' - ', ' * ', ' / ', ' % ', ' ** '), number, ')'),
        sequence('-(', number, ')'),
        sequence(fc.constantFrom('abs', 'floor', 'round', 'sqrt', 'hour', 'year'), '(', number, ')'),
        sequence('(', text, ').indexOf(', text, ')'),
        sequence('(', list, ').reduce((sum, x) => ', number, ' + sum, 0)'),
        sequence('[', number, ', ', number, '].sum()'),
      ),
      text: oneOf(
        ["'a'", "'SFO'", 'value.origin', 'key', "''"],
        sequence('(', text, ' + ', any, ')'),
        sequence('`a${', any, '}b`'),
        sequence('(', text, ').', fc.constantFrom('slice', 'charAt', 'repeat', 'padEnd'), '(', number, ')'),
        sequence('(', text, ').', fc.constantFrom('trim', 'toUpperCase', 'trimEnd'), '()'),
        sequence('(', text, ').replaceAll(', text, ', ', text, ')'),
        sequence('toJson(', any, ')'),
        sequence('formatTime(', number, ')'),
      ),
      flag: oneOf(
        ['true', 'false', "value.origin == 'SFO'", 'right == null'],
        sequence('(', number, fc.constantFrom(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), number, ')'),
        sequence('(', flag, fc.constantFrom(' && ', ' || '), flag, ')'),
        sequence('!(', flag, ')'),
        sequence('(', any, ' == null)'),
        sequence('(', list, ').some(x => ', flag, ')'),
        sequence('has(', object, ', ', text, ')'),
      ),
      list: oneOf(
        ['[]', '[1, 2, 3]', 'value.legs', '[[1], [2]]'],
        sequence('[', any, ', ...', list, ']'),
        sequence('(', list, ').map((x, place) => (', any, '))'),
        sequence('(', list, ').filter(x => ', flag, ')'),
        sequence('(', list, ').flatMap(x => ', list, ')'),
        sequence('(', list, ').sortBy(x => ', number, ')'),
        sequence('(', list, ').reduce((pair, x) => [pair, pair], [])'),
        sequence('(', text, ').split(', text, ')'),
        sequence('keys(', object, ')'),
        sequence('values(', object, ')'),
      ),
      object: oneOf(
        ['{}', 'value', 'left', 'value.legs[0]', 'value.constructor'],
        sequence('{ ...', object, ', ', name, ': ', any, ' }'),
        sequence('{ [', text, ']: ', any, ', ...', object, ' }'),
      ),
    };
  },
);
