import fc from 'fast-check';
import type { FunctionKind, ParameterKind, ParameterSpec } from '../functions/function-kind.ts';
import { functionKinds } from '../functions/registry.ts';
import { type Source, sequence } from './random-sources.ts';

/**
 * Calls of every function and method there is, with arguments that mostly fit and are often at the edge: patterns that other engines
 * choke on, times and zones around every change of the clocks, names that objects inherit, texts that are almost what they should be.
 */

const numbers = [
  ...[
    '0',
    '1',
    '-1',
    '2',
    '0.5',
    '-0',
    '5e-324',
    '1e308',
    '-1e308',
    '9007199254740991',
    '-9007199254740991',
    '2147483648',
  ],
  ...[
    '8640000000000000',
    '-8640000000000000',
    '8639999827200000',
    '1e15',
    'timestamp',
    'value.delay',
    'right',
    '31',
    '1e21',
  ],
  // Around the changes of clocks in Berlin, Apia, Sao Paulo and Lord Howe.
  ...[
    '1711846800000',
    '1729990800000',
    '1729989000000',
    '1325239200000',
    '1541300400000',
    '1712415600000',
    '-3000000000000',
  ],
];

const texts = [
  ...[
    "''",
    "'a'",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa!'",
    "'SFO-12'",
    "'é東😀'",
    "'\\ud800'",
    "'\\u0000'",
    'value.origin',
    'key',
    'right',
  ],
  ...[
    "'a,b;c'",
    "'2024-03-31T02:30'",
    "'31/Mar/2024:02:30:00 +0100'",
    "'9007199254740993'",
    "'1e999'",
    "'%F0%9F'",
    "'8J-YgA=='",
  ],
  ...[
    "'ff00'",
    "'__proto__'",
    "'$1$&$$$<x>$9'",
    "'a'.repeat(3000)",
    "'ab '.repeat(700)",
    '\'{"a":[1e999]}\'',
    "'x'.repeat(70000)",
  ],
];

const zones = [
  ...[
    "'UTC'",
    "'Europe/Berlin'",
    "'Pacific/Apia'",
    "'America/Sao_Paulo'",
    "'Australia/Lord_Howe'",
    "'+05:45'",
    "'-23:59'",
  ],
  ...["'EST'", "'../etc/passwd'", "'__proto__'", "'eUROPE/bERLIN'", 'key', "''", "'Etc/' + key", "'A/'.repeat(50)"],
];

const units = [
  ...['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'eon'].map((unit) => `'${unit}'`),
  'key',
];

const timePatterns = [
  ...[
    "'YYYY-MM-DDTHH:mm'",
    "'DD/MMM/YYYY:HH:mm:ss ZZ'",
    "'[[]YYYY'",
    "'dddd, MMMM D h A'",
    "'SSSSSSSSS'",
    "'yyyy'",
    'null',
    'key',
  ],
  ...["'Z'.repeat(99)", "'YYYY'.repeat(25)", "'.*'", "'('", "'[' + key", "'YYYYYY'"],
];

const lists = [
  ...[
    '[]',
    '[1, 2, 3]',
    "['b', 'a', 'b']",
    'value.legs',
    '[[1], [2]]',
    '[null, true]',
    "[['a', 1], ['__proto__', 2]]",
    'right',
  ],
  ...[
    "'a,'.repeat(500).split(',')",
    'range(0, 300)',
    "['constructor', '__proto__', 'toString']",
    "[[], {}, '', 0, null]",
  ],
];

const objects = [
  ...['{}', 'value', 'left', '{ a: { b: 1 } }', "{ ['__proto__']: { polluted: 1 } }", 'value.legs[0]', 'right'],
  ...['parseJson(\'{"__proto__":{"a":1},"constructor":{"prototype":2}}\')', "['__proto__', 'toString'].keyBy(x => x)"],
];

const lambdas = [
  ...[
    'x => x',
    'x => 1',
    "x => 'k'",
    'x => null',
    '(x, i) => i',
    'x => [x, x]',
    "x => '__proto__'",
    'x => true',
    'x => x == null',
  ],
  ...[
    '(r, x) => [r, r]',
    '(r, x, i) => i',
    'x => x.from',
    'x => string(x)',
    "x => x.matches('(a*)*b')",
    'x => sha256(string(x))',
  ],
];

/** Regular expressions in all their forms, most of which can be read, as they stand in a source. */
const { pattern: patternText } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthIdentifier: 'pattern', maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(
      'a',
      'b',
      '.',
      '^',
      '$',
      '',
      '[a-z]',
      '[^a]',
      '[]a]',
      '[[:alpha:]]',
      '\\\\d',
      '\\\\w',
      '\\\\b',
      '\\\\pL',
      '\\\\x41',
      'é',
      '😀',
    ),
    fc.constantFrom(
      '(?i)',
      '(?s)',
      '(?m)',
      '(',
      ')',
      '[',
      '*',
      '{2}',
      '\\\\',
      '\\\\1',
      '(?=a)',
      '(?<x>a)',
      '\\\\Q',
      '[z-a]',
      '\\d',
      'a{1001}',
    ),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(?:${left}|${right})`),
    tie('pattern').map((inner) => `(${inner})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '+?', '{2}', '{0,30}', '{5,}', '{100}', '{1000}'))
      .map(([inner, repeat]) => `(?:${inner})${repeat}`),
  ),
}));

const patterns: Source = fc.oneof(
  { weight: 8, arbitrary: patternText.map((pattern) => `'${pattern}'`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "'^(a+)+$'",
      "'(a|aa)+$'",
      "'(.*)(.*)(.*)x'",
      "'(?:a|b)*a(?:a|b){60}'",
      "'(((a*)*)*)*b'",
      "'a[^b]*b|a'",
    ),
  },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source is a template
  { weight: 1, arbitrary: fc.constantFrom('key', "'a' + key", '`a`', '`${key}`', 'null', '1') },
);

const pools: { readonly [Kind in ParameterKind]: Source } = {
  any: fc.constantFrom(...numbers, ...texts, ...lists, ...objects, 'null', 'true'),
  primitive: fc.constantFrom(...numbers, ...texts, 'null', 'true'),
  string: fc.constantFrom(...texts),
  textOrNull: fc.constantFrom(...texts, 'null'),
  number: fc.constantFrom(...numbers),
  integer: fc.constantFrom(...numbers),
  array: fc.constantFrom(...lists),
  object: fc.constantFrom(...objects),
  lambda: fc.constantFrom(...lambdas),
  pattern: patterns,
};

const named = new Map<string, Source>([
  ['zone', fc.constantFrom(...zones)],
  ['unit', fc.constantFrom(...units)],
  ['pattern', fc.constantFrom(...timePatterns)],
]);

function argument(spec: ParameterSpec): Source {
  const fitting = (spec.kind === 'pattern' ? undefined : named.get(spec.name)) ?? pools[spec.kind];
  return fc.oneof({ weight: 15, arbitrary: fitting }, { weight: 1, arbitrary: pools.any });
}

/** A call with all its arguments, or without some of those that may be left out. */
function call({ doc, parameters }: FunctionKind): Source {
  const required = parameters.filter((spec) => !spec.optional && !spec.rest).length;
  const args = fc
    .tuple(fc.integer({ min: required, max: parameters.length }), ...parameters.map(argument))
    .map(([count, ...sources]) => sources.slice(0, count).join(', '));
  if (doc.on === undefined) return sequence(doc.name, '(', args, ')');
  const receiver = doc.on === 'array' ? pools.array : pools.string;
  return sequence(
    '(',
    fc.oneof({ weight: 15, arbitrary: receiver }, { weight: 1, arbitrary: pools.any }),
    ').',
    doc.name,
    '(',
    args,
    ')',
  );
}

const calls = functionKinds.map(call);

/** One call, mostly alone, sometimes inside something. */
export const libraryCalls: Source = fc.oneof(
  { weight: 12, arbitrary: fc.oneof(...calls) },
  { weight: 1, arbitrary: sequence("'ab'.repeat(50).split('').map(x => ", fc.oneof(...calls), ')') },
  { weight: 1, arbitrary: sequence('toJson(', fc.oneof(...calls), ')') },
  { weight: 1, arbitrary: sequence('{ ...value, a: ', fc.oneof(...calls), ', b: ', fc.oneof(...calls), ' }') },
);
