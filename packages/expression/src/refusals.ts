/** What to write instead of a regular expression between slashes. */
export const regexHint = "Write the pattern as a text: text.matches('[0-9]+'). A backslash in it is written twice.";

/** What people who know JavaScript may write and the language does not have: a code and a sentence with what to write instead. */
export const refusals: { readonly [nodeType: string]: readonly [code: string, message: string] } = {
  ThisExpression: ['no-this', 'this does not exist here. Use value, key or another root.'],
  Super: ['no-class', 'super does not exist here.'],
  FunctionExpression: ['no-function', 'Functions cannot be defined. Inside map, filter and the like write x => ….'],
  ArrowFunctionExpression: ['no-lambda', 'An arrow function stands only inside map, filter, reduce and the like.'],
  ClassExpression: ['no-class', 'Classes are not supported.'],
  NewExpression: ['no-new', 'new is not supported. For a time use parseTime(text) or the root timestamp.'],
  UpdateExpression: ['no-assignment', 'Expressions do not change values. Write x + 1 or x - 1.'],
  SequenceExpression: [
    'no-sequence',
    'Write one expression. A comma stands only between arguments, elements and fields.',
  ],
  AwaitExpression: ['no-await', 'Expressions do not wait. Remove await.'],
  YieldExpression: ['no-await', 'Expressions do not yield.'],
  ImportExpression: ['no-import', 'Nothing can be imported.'],
  MetaProperty: ['no-import', 'Nothing outside the record can be reached.'],
  TaggedTemplateExpression: ['no-tag', 'A template cannot have a tag. Remove the name in front of it.'],
};

export const refusedOperators: { readonly [operator: string]: string } = {
  typeof: 'typeof is not supported. Use typeOf(x), isNumber(x), isString(x) and the like.',
  void: 'void is not supported. Use null.',
  delete: 'delete is not supported. Build an object with the fields you want.',
  in: "in is not supported. Use has(object, 'name').",
  instanceof: 'instanceof is not supported.',
  '~': '~ is not supported. Use bitNot(x).',
  '&': '& works on bits: use bitAnd(a, b). For conditions use &&.',
  '|': '| works on bits: use bitOr(a, b). For conditions use ||.',
  '^': '^ works on bits: use bitXor(a, b). A power is **.',
  '<<': '<< is not supported. Use shiftLeft(x, bits).',
  '>>': '>> is not supported. Use shiftRight(x, bits).',
  '>>>': '>>> is not supported. Use shiftRightUnsigned(x, bits).',
};

const globals = new Map<string, string>([
  ['Math', 'Math is not in the language. Use abs(x), round(x), min(a, b) and the like.'],
  ['Number', 'Number is not in the language. Use number(text).'],
  ['parseFloat', 'parseFloat is not in the language. Use number(text).'],
  ['parseInt', 'parseInt is not in the language. Use trunc(number(text)).'],
  ['String', 'String is not in the language. Use string(x).'],
  ['Boolean', "Boolean is not in the language. Compare: x != null, x != 0, x != ''."],
  ['JSON', 'JSON is not in the language. Use toJson(x) and parseJson(text).'],
  ['Object', 'Object is not in the language. Use keys(o), values(o) and { ...o }.'],
  ['Array', 'Array is not in the language. Write [a, b].'],
  ['btoa', 'Use base64Encode(text).'],
  ['atob', 'Use base64Decode(text).'],
  ['encodeURIComponent', 'Use urlEncode(text).'],
  ['decodeURIComponent', 'Use urlDecode(text).'],
  ['isNaN', 'There is no NaN here: arithmetic without a result fails.'],
  ['Date', 'There is no clock here. Use timestamp, parseTime(text) and formatTime(ms).'],
  ['RegExp', regexHint],
  ['Symbol', 'Symbols are not supported.'],
  ['BigInt', 'Big integers are not supported. Keep them as texts.'],
  ['NaN', 'NaN is not in the language. Arithmetic without a result fails.'],
  ['Infinity', 'Infinity is not in the language. Arithmetic without a result fails.'],
  ...['globalThis', 'self', 'global', 'process', 'require', 'eval', 'Function', 'arguments', 'console', 'fetch']
    .concat(['document', 'module', 'exports', 'Reflect', 'Proxy', 'Promise', 'setTimeout', 'constructor'])
    .map((name): [string, string] => [name, `${name} does not exist here. Expressions see only their record.`]),
]);

const globalMethods = new Map<string, string>([
  ['Math.random', 'Nothing here is random: the same record gives the same result.'],
  ['JSON.parse', 'Use parseJson(text).'],
  ['JSON.stringify', 'Use toJson(x).'],
  ['Object.keys', 'Use keys(o).'],
  ['Object.values', 'Use values(o).'],
  ['Object.hasOwn', 'Use has(o, name).'],
  ['Object.assign', 'Use { ...a, ...b }.'],
  ['Object.entries', 'Use entries(o).'],
  ['Object.fromEntries', 'Use fromEntries(list).'],
  ['Array.isArray', 'Use isArray(x).'],
  ['Number.isInteger', 'Use isInteger(x).'],
  ['Number.isSafeInteger', 'Use isInteger(x).'],
  ['Date.parse', 'Use parseTime(text).'],
  ['Date.now', 'There is no clock here. Use timestamp.'],
]);
for (const name of [
  'abs',
  'ceil',
  'exp',
  'floor',
  'log',
  'log10',
  'log2',
  'max',
  'min',
  'pow',
  'round',
  'sign',
  'sqrt',
  'trunc',
]) {
  globalMethods.set(`Math.${name}`, `Math is not in the language. Use ${name}(x).`);
}

/** What to write instead of a name, or a method of a name, that JavaScript has everywhere and the language has not. */
export function globalHint(name: string, method?: string): string | undefined {
  return (method === undefined ? undefined : globalMethods.get(`${name}.${method}`)) ?? globals.get(name);
}

const methodHints = new Map<string, string>([
  ['toFixed', 'Use toFixed(x, digits).'],
  ['toString', 'Use string(x) or toJson(x).'],
  ['valueOf', 'Use the value itself.'],
  ['hasOwnProperty', 'Use has(object, name).'],
  ['localeCompare', 'Compare with < and >; nothing here depends on a country.'],
  ['toLocaleString', 'Use string(x) or formatTime(ms, pattern); nothing here depends on a country.'],
  ['toLocaleUpperCase', 'Use toUpperCase().'],
  ['toLocaleLowerCase', 'Use toLowerCase().'],
  ['test', 'Use text.matches(pattern).'],
  ['exec', 'Use text.match(pattern).'],
  ['charCodeAt', 'Compare characters as texts.'],
  ['substr', 'Use slice(start, end).'],
  ['push', 'Values do not change. Write [...list, x].'],
  ['unshift', 'Values do not change. Write [x, ...list].'],
  ['pop', 'Values do not change. Use slice(0, -1).'],
  ['shift', 'Values do not change. Use slice(1).'],
  ['forEach', 'Use map or reduce.'],
  ['avg', 'Use average().'],
  ['unique', 'Use distinct().'],
  ['count', 'Use filter(…).length, or countBy.'],
  ['toSorted', 'Use sort() or sortBy.'],
  ['toReversed', 'Use reverse().'],
  ['bind', 'Functions are not values here.'],
  ['call', 'Functions are not values here.'],
  ['apply', 'Functions are not values here.'],
]);

/** What to write instead of a method that JavaScript has and the language has not. */
export function methodHint(name: string): string | undefined {
  return methodHints.get(name);
}
