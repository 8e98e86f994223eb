import fc from 'fast-check';
import { tokenize } from '../tokenize.ts';
import { type Source, sequence } from './random-sources.ts';

/**
 * Expressions that are out to do harm: names of prototypes by every way to spell them, numbers at the edges of what a double holds, texts
 * that patterns choke on, and everything that grows: by repetition, by doubling in a loop, by nesting.
 */

const counts = [
  ...['0', '1', '2', '17', '255', '256', '4096', '50000', '99999', '100000', '100001', '1048575', '1048576', '1048577'],
  ...['1e9', '2147483648', '4294967296', '9007199254740991', '9007199254740992', '1e308', '0.5', '5e-324', '-0', '-1'],
  ...['-2147483649', '-9007199254740993', '-1e308', 'timestamp', '8640000000000000', '8640000000000001'],
];

const giantNumbers = [
  ...['1.7976931348623157e308', '1.7976931348623159e308', '1e-400', '1e999', '0.1', '0x20000000000001', '1_000_000'],
  ...['9'.repeat(308), '9'.repeat(309), `0x${'f'.repeat(300)}`, `0b${'1'.repeat(60)}`, `.${'0'.repeat(400)}1`, '9n'],
];

/** Spellings of names that objects inherit. */
const inheritedNames = [
  ...["'__proto__'", "'constructor'", "'prototype'", "'toString'", "'length'", "'__pro' + 'to__'", '`constructor`'],
  ...["'\\u005f_proto__'", "'\\x63onstructor'", "'\\u{63}onstructor'", "'__PROTO__'.toLowerCase()"],
];

const seeds = [
  ...["''", "'a'", "'aab'", "'0'", "'9'", "' '", "'\\t'", "'-'", "'.'", "'e+'", "'1e'", "'['", '\'{"a":\'', "'\"'"],
  ...["'\\\\'", "'$&'", "'\\u0000'", "'\\ud800'", "'\\u{10ffff}'", "'\\u2028'", "'ß'", "'ﬃ'", "'YYYY'", "'SSS'"],
  ...['\'{"__proto__":{"constructor":1}}\'', "'[1e400]'", "'-0'", "'2001-01-31T22:10:00Z'", "'null'", 'value.origin'],
  `'${'x'.repeat(1000)}'`,
];

/** Texts that are almost numbers, or numbers that no double holds. */
const almostNumbers = [
  ...[
    "'1e999'",
    "'-1e999'",
    "'9'.repeat(400)",
    "'1'.repeat(100000) + 'x'",
    "'0'.repeat(100000) + '1'",
    "'.'",
    "'0x10'",
  ],
  ...["'1'.repeat(100000) + 'e'", "' 9007199254740993 '", "'-0'", "'Infinity'", "'\\u0661'"],
];

/** What a running result becomes in each round of a loop, and where it starts. */
const growths: readonly [start: string, next: string][] = [
  ["'ab'", 'r + r'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source is a template
  ["'ab'", '`${r}${r}`'],
  ["'ab'", "r.replaceAll('a', r)"],
  ["'ab'", 'toJson(r)'],
  ["'ab'", 'r.padEnd(r.length * 3, r)'],
  ['[1]', '[r, r]'],
  ['[1]', '[...r, ...r]'],
  ['[1]', 'r.concat(r)'],
  ['[1]', 'r.flatMap(y => r)'],
  ['[1]', 'r.map(y => r)'],
  ['[1]', '[r]'],
  ['1', '{ a: r, b: r }'],
  ['{}', '{ ...r, [string(i)]: r }'],
  ['{}', "{ ...r, ['__proto__']: r }"],
  ['2', 'r * r'],
  ['2', 'r ** 2'],
  ['1', '-(r + 1) / 3'],
];

const growth: Source = fc
  .constantFrom(...growths)
  .map(([start, next]) => `.reduce((r, x, i) => ${next.startsWith('{') ? `(${next})` : next}, ${start})`);

type Kind = 'any' | 'number' | 'text' | 'flag' | 'list' | 'object';

const { any: growing } = fc.letrec<Record<Kind, string>>((tie) => {
  const [any, number, text, list, object] = (['any', 'number', 'text', 'list', 'object'] as const).map((kind) =>
    tie(kind),
  ) as [Source, Source, Source, Source, Source];
  const oneOf = (simple: readonly string[], ...others: Source[]): Source =>
    fc.oneof({ depthIdentifier: 'hostile', maxDepth: 4, depthSize: 'small' }, fc.constantFrom(...simple), ...others);
  const place = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...counts) }, { weight: 1, arbitrary: number });
  return {
    any: oneOf(
      ['value', 'null', 'value.__proto__', 'value?.constructor?.constructor', 'left.toString'],
      number,
      text,
      tie('flag'),
      list,
      object,
      sequence('(', any, ')[', fc.constantFrom(...inheritedNames), ']'),
      sequence('(', any, ')?.[', fc.oneof(text, place), ']'),
      sequence('(', list, ')', growth),
      sequence('(', list, ').find(x => ', tie('flag'), ')'),
      sequence('(', fc.oneof(list, text), ').at(', place, ')'),
      sequence('(', any, ').', fc.constantFrom('__proto__', 'constructor', '\\u005f_proto__', 'c\\u{6f}nstructor')),
    ),
    number: oneOf(
      [...counts, ...giantNumbers],
      sequence('(', number, fc.constantFrom(' + ', ' - ', ' * ', ' / ', ' % ', ' ** '), number, ')'),
      sequence(fc.constantFrom('number', 'parseTime', 'size'), '(', text, ')'),
      sequence('number(', fc.constantFrom(...almostNumbers), ')'),
      sequence(fc.constantFrom('abs', 'sqrt', 'trunc', 'year', 'month', 'minute'), '(', number, ')'),
      sequence('round(', number, ', ', place, ')'),
      sequence('startOf(', number, ', ', fc.constantFrom("'second'", "'day'", "'month'", "'year'"), ')'),
      sequence('(', text, ').', fc.constantFrom('indexOf(', 'split('), text, ')', fc.constantFrom('', '.length')),
      sequence('(', list, ').', fc.constantFrom('sum()', 'length', 'indexOf(1)')),
    ),
    text: oneOf(
      [...seeds, ...inheritedNames],
      sequence('(', text, ').repeat(', place, ')'),
      sequence('(', text, ').', fc.constantFrom('padStart', 'padEnd'), '(', place, ', ', text, ')'),
      sequence('(', text, ').', fc.constantFrom('slice', 'substring'), '(', place, ', ', place, ')'),
      sequence('(', text, ').', fc.constantFrom('replace', 'replaceAll'), '(', text, ', ', text, ')'),
      sequence('(', text, ').', fc.constantFrom('trim', 'trimStart', 'toUpperCase', 'toLowerCase'), '()'),
      sequence('(', text, ').charAt(', place, ')'),
      sequence('(', text, ' + ', fc.oneof(text, number), ')'),
      sequence('`${', text, '}${', any, '}`'),
      sequence('formatTime(', number, ', ', text, ')'),
      sequence('(', list, ').join(', text, ')'),
      sequence('toJson(', any, ')'),
    ),
    flag: oneOf(
      ['true'],
      sequence('(', text, ').', fc.constantFrom('includes', 'startsWith', 'endsWith'), '(', text, ')'),
      sequence('(', text, fc.constantFrom(' == ', ' < ', ' >= '), text, ')'),
      sequence('(', number, fc.constantFrom(' == ', ' < ', ' >= '), number, ')'),
      sequence('has(', object, ', ', text, ')'),
      sequence('(', list, ').includes(', fc.oneof(text, number), ')'),
    ),
    list: oneOf(
      [
        ...['[1, 2, 3]', 'value.legs', 'values(value)', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.split('')"],
        ...["'ab'.repeat(400).split('')", "'a,'.repeat(49999).split(',')"],
      ],
      sequence('(', text, ').split(', text, ')'),
      sequence('(', text, ').split(', text, ', ', place, ')'),
      sequence('[...', list, ', ...', list, ', ', any, ']'),
      sequence('(', list, ').concat(', list, ')'),
      sequence('(', list, ').map(x => ', any, ')'),
      sequence('(', list, ').flatMap((x, i) => ', list, ')'),
      sequence('(', list, ').filter(x => ', tie('flag'), ')'),
      sequence('(', list, ').sortBy((x, i) => ', fc.oneof(text, number), ')'),
      sequence('(', list, ').', fc.constantFrom('sort', 'reverse'), '()'),
      sequence('(', list, ').slice(', place, ', ', place, ')'),
      sequence(fc.constantFrom('keys', 'values'), '(', object, ')'),
    ),
    object: oneOf(
      ['{}', 'value', 'left', 'value.constructor'],
      sequence('{ [', text, ']: ', any, ' }'),
      sequence('{ ', fc.constantFrom('__proto__', "'__proto__'", 'constructor', '\\u005f_proto__'), ': ', any, ' }'),
      sequence('{ ...', object, ', ...', object, ' }'),
      sequence('parseJson(', text, ')'),
    ),
  };
});

const nests: readonly (readonly [before: string, after: string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['[...', ']'],
  ['{a:', '}'],
  ['{...', '}'],
  ['!', ''],
  ['- ', ''],
  ['typeof ', ''],
  ['new ', ''],
  ['1 + ', ''],
  ['2 ** ', ''],
  ['true ? 1 : ', ''],
  ['null ?? ', ''],
  ['`${', '}`'],
  ['abs(', ')'],
  ['coalesce(null, ', ')'],
  ['[1].map(x => ', ')'],
  ['[1].map(x => [x, ', '])'],
  ['[1].reduce((r, x) => ', ', 1)'],
  ['x => ', ''],
  ['value[', ']'],
  ['', '.a'],
  ['', '?.[0]'],
  ['', '.map(x => [x])'],
  ['', '.map(x => ({ a: x, b: x }))'],
  ['', '.reduce((r, x) => [r, r], 1)'],
  ['', ' + 1'],
  ['', '.trim()'],
];

/** Something inside rows of wrappers, often more than may be. */
const nested: Source = fc
  .tuple(
    fc.oneof(fc.constantFrom('1', "'a'", 'value', '[1]', '', 'x'), growing),
    fc.array(fc.tuple(fc.constantFrom(...nests), fc.constantFrom(1, 2, 5, 20, 31, 62, 63, 64, 65, 300, 2000)), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([inner, wrappers]) =>
    wrappers.reduce((source, [[before, after], times]) => before.repeat(times) + source + after.repeat(times), inner),
  );

/** One thing many times in a row. */
const repeated: Source = fc
  .tuple(
    fc.oneof(growing, fc.constantFrom('...value', '...value.legs', 'toJson(value)', 'keys(value)', 'value')),
    fc.constantFrom<[string, string]>(['[', ']'], ['{ ', ' }'], ['coalesce(', ')'], ['max(', ')']),
    fc.constantFrom(2, 5, 70, 500, 2001),
  )
  .map(([item, [open, close], times]) => open + `${item}, `.repeat(times).slice(0, -2) + close);

export const hostileExpressions: Source = fc.oneof(
  { weight: 6, arbitrary: growing },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: repeated },
);

const spellings: readonly ((char: string) => string)[] = [
  (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
  (char) => `\\u{00000${char.charCodeAt(0).toString(16).toUpperCase()}}`,
];

/** The source with a letter of some of its names written as an escape, which says the same. */
export function withEscapedNames(source: string, choices: readonly number[]): string {
  let text = '';
  let end = 0;
  for (const [place, token] of tokenize(source).entries()) {
    text += source.slice(end, token.start);
    end = token.end;
    const name = source.slice(token.start, token.end);
    const choice = choices[place % choices.length] ?? 0;
    const spell = spellings[choice % (spellings.length + 1)];
    const isName = ['root', 'field', 'function', 'name'].includes(token.kind) && /^[a-z_]+$/i.test(name);
    const at = choice % Math.max(1, name.length);
    text += isName && spell ? name.slice(0, at) + spell(name.charAt(at)) + name.slice(at + 1) : name;
  }
  return text + source.slice(end);
}
