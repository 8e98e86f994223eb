import type { JavaScriptExpression } from '@millrace/expression';
import { type CaseType, eitherType } from './case-type.ts';
import { Inexpressible } from './inexpressible.ts';
import { atom, binding, nullWritten, textFor, type Written } from './written-expression.ts';

/** What a name of the function stands for: its parameters and its constants. */
export type Names = ReadonlyMap<string, Written>;

const operators: { readonly [operator: string]: { readonly text: string; readonly binds: number } } = {
  '===': { text: '==', binds: binding.equality },
  '!==': { text: '!=', binds: binding.equality },
  '==': { text: '==', binds: binding.equality },
  '!=': { text: '!=', binds: binding.equality },
  '<': { text: '<', binds: binding.order },
  '<=': { text: '<=', binds: binding.order },
  '>': { text: '>', binds: binding.order },
  '>=': { text: '>=', binds: binding.order },
  '+': { text: '+', binds: binding.sum },
  '-': { text: '-', binds: binding.sum },
  '*': { text: '*', binds: binding.product },
  '/': { text: '/', binds: binding.product },
  '%': { text: '%', binds: binding.product },
  '&&': { text: '&&', binds: binding.and },
  '||': { text: '||', binds: binding.or },
  '??': { text: '??', binds: binding.coalesce },
};

/** JavaScript's functions that have another name in our language. */
const functions: { readonly [name: string]: { readonly name: string; readonly type: CaseType } } = {
  Number: { name: 'number', type: 'long' },
  parseInt: { name: 'number', type: 'long' },
  parseFloat: { name: 'number', type: 'double' },
  'Number.parseInt': { name: 'number', type: 'long' },
  'Number.parseFloat': { name: 'number', type: 'double' },
  String: { name: 'string', type: 'string' },
  'JSON.stringify': { name: 'toJson', type: 'string' },
  'JSON.parse': { name: 'parseJson', type: 'unknown' },
  'Object.keys': { name: 'keys', type: 'texts' },
  'Math.min': { name: 'min', type: 'long' },
  'Math.max': { name: 'max', type: 'long' },
  'Math.abs': { name: 'abs', type: 'long' },
  'Math.floor': { name: 'floor', type: 'long' },
  'Math.ceil': { name: 'ceil', type: 'long' },
  'Math.trunc': { name: 'trunc', type: 'long' },
  'Math.round': { name: 'round', type: 'long' },
  'Math.sqrt': { name: 'sqrt', type: 'double' },
};

const methodTypes: { readonly [method: string]: CaseType } = {
  split: 'texts',
  includes: 'boolean',
  startsWith: 'boolean',
  endsWith: 'boolean',
  indexOf: 'int',
  join: 'string',
  toUpperCase: 'string',
  toLowerCase: 'string',
  trim: 'string',
  replace: 'string',
  replaceAll: 'string',
  substring: 'string',
  charAt: 'string',
  padStart: 'string',
  padEnd: 'string',
  repeat: 'string',
};

const texts = new Set<CaseType>(['string', 'texts']);

/**
 * Writes a JavaScript expression in our language. Most of it reads the same; what differs is named here: `===`, an element that may be
 * missing (`at`, which gives null), `undefined`, and the functions of JavaScript's globals.
 * @throws Inexpressible for what our language leaves out
 */
export function rewriteExpression(node: JavaScriptExpression, names: Names): Written {
  const write = (inner: JavaScriptExpression): Written => rewriteExpression(inner, names);
  switch (node.type) {
    case 'ParenthesizedExpression':
      return write(node.expression);
    case 'Literal':
      return literal(node.value ?? null);
    case 'Identifier': {
      if (node.name === 'undefined') return nullWritten;
      const known = names.get(node.name);
      if (known === undefined) throw new Inexpressible(`the name ${node.name} is not known to our expressions`);
      return known;
    }
    case 'TemplateLiteral': {
      const parts = node.quasis.map((quasi, index) => {
        const value = node.expressions[index];
        return `${quasi.value.raw}${value === undefined ? '' : `\${${write(value).text}}`}`;
      });
      return atom(`\`${parts.join('')}\``, 'string');
    }
    case 'UnaryExpression': {
      const operand = write(node.argument);
      if (!['-', '+', '!'].includes(node.operator)) throw new Inexpressible(`our expressions have no ${node.operator}`);
      const text = `${node.operator}${textFor(operand, binding.unary)}`;
      return { text, binds: binding.unary, type: node.operator === '!' ? 'boolean' : operand.type };
    }
    case 'BinaryExpression':
    case 'LogicalExpression': {
      if (node.left.type === 'PrivateIdentifier') throw new Inexpressible('our expressions have no private names');
      return operation(node.operator, write(node.left), write(node.right));
    }
    case 'ConditionalExpression':
      return conditional(write(node.test), write(node.consequent), write(node.alternate));
    case 'ArrayExpression': {
      const elements = node.elements.map((element) => {
        if (element === null) throw new Inexpressible('a list with a gap');
        if (element.type !== 'SpreadElement') return write(element);
        const spread = write(element.argument);
        return atom(`...${textFor(spread, binding.atom)}`, spread.type === 'texts' ? 'string' : 'unknown');
      });
      const areTexts = elements.every(({ type }) => type === 'string');
      return atom(`[${elements.map(({ text }) => text).join(', ')}]`, areTexts ? 'texts' : 'unknown');
    }
    case 'ObjectExpression': {
      const fields = node.properties.map((property) => {
        if (property.type === 'SpreadElement') return `...${textFor(write(property.argument), binding.atom)}`;
        const { key } = property;
        const value = write(property.value).text;
        if (property.kind !== 'init') throw new Inexpressible('an object with code');
        if (property.computed) return `[${write(key).text}]: ${value}`;
        return `${key.type === 'Identifier' ? key.name : write(key).text}: ${value}`;
      });
      return atom(`{ ${fields.join(', ')} }`, 'unknown');
    }
    case 'ChainExpression':
      return write(node.expression);
    case 'MemberExpression': {
      if (node.object.type === 'Super' || node.property.type === 'PrivateIdentifier') {
        throw new Inexpressible('our expressions have no classes');
      }
      const object = write(node.object);
      const dot = node.optional ? '?.' : '.';
      const target = textFor(object, binding.atom);
      if (!node.computed && node.property.type === 'Identifier') {
        const { name } = node.property;
        return atom(`${target}${dot}${name}`, name === 'length' ? 'int' : 'unknown');
      }
      const index = write(node.property);
      // A place beyond the end is undefined in JavaScript and null in our `at`; fields of objects are named by texts.
      if (index.type === 'string') return atom(`${target}${node.optional ? '?.' : ''}[${index.text}]`, 'unknown');
      return atom(`${target}${dot}at(${index.text})`, texts.has(object.type) ? 'string' : 'unknown');
    }
    case 'CallExpression': {
      const { callee } = node;
      const args = node.arguments.map((argument) => {
        if (argument.type === 'SpreadElement') throw new Inexpressible('arguments that are spread');
        return argument.type === 'ArrowFunctionExpression' ? lambda(argument, names) : write(argument);
      });
      const list = args.map(({ text }) => text).join(', ');
      const global = globalName(callee, names);
      if (global !== null) {
        const known = functions[global];
        if (known === undefined) throw new Inexpressible(`our expressions have no ${global}`);
        // The second argument of parseInt is its base.
        const given = known.name === 'number' ? (args[0]?.text ?? 'null') : list;
        return atom(`${known.name}(${given})`, known.type);
      }
      if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') {
        throw new Inexpressible('our expressions call listed functions only');
      }
      if (callee.object.type === 'Super') throw new Inexpressible('our expressions have no classes');
      const object = write(callee.object);
      const method = callee.property.name;
      if (method === 'toString') return atom(`string(${object.text})`, 'string');
      const type = methodTypes[method] ?? (method === 'slice' || method === 'concat' ? object.type : 'unknown');
      return atom(`${textFor(object, binding.atom)}${callee.optional ? '?.' : '.'}${method}(${list})`, type);
    }
    default:
      throw new Inexpressible(`our expressions have no ${node.type}`);
  }
}

/** `test ? then : otherwise`, without the question where both are the same. */
export function conditional(test: Written, then: Written, otherwise: Written): Written {
  if (then.text === otherwise.text) return then;
  const text = `${textFor(test, binding.coalesce)} ? ${textFor(then, binding.coalesce)} : ${otherwise.text}`;
  return { text, binds: binding.conditional, type: eitherType(then.type, otherwise.type) };
}

function operation(operator: string, left: Written, right: Written): Written {
  const known = operators[operator];
  if (known === undefined) throw new Inexpressible(`our expressions have no ${operator}`);
  // ?? does not mix with && and || without parentheses, and everything else groups to the left.
  const leftBinds = operator === '??' && left.binds !== binding.coalesce ? binding.equality : known.binds;
  const rightBinds = operator === '??' ? binding.equality : known.binds + 1;
  return {
    text: `${textFor(left, leftBinds)} ${known.text} ${textFor(right, rightBinds)}`,
    binds: known.binds,
    type: operationType(operator, left.type, right.type),
  };
}

function operationType(operator: string, left: CaseType, right: CaseType): CaseType {
  switch (operator) {
    case '+':
      if (left === 'string' || right === 'string') return 'string';
      return eitherType(left, right);
    case '-':
    case '*':
    case '/':
    case '%':
      return eitherType(left, right);
    case '??':
      return eitherType(left, right);
    default:
      return 'boolean';
  }
}

function literal(value: unknown): Written {
  switch (typeof value) {
    case 'string':
      return atom(`'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`, 'string');
    case 'number':
      return atom(String(value), Number.isInteger(value) ? 'int' : 'double');
    case 'bigint':
      return atom(String(value), 'long');
    case 'boolean':
      return atom(String(value), 'boolean');
    default:
      if (value === null) return nullWritten;
      throw new Inexpressible('a literal that our expressions have not');
  }
}

function lambda(
  node: Extract<JavaScriptExpression, { readonly type: 'ArrowFunctionExpression' }>,
  names: Names,
): Written {
  const { body } = node;
  if (body.type === 'BlockStatement') throw new Inexpressible('a function with statements inside an expression');
  const inner = new Map(names);
  const parameters = node.params.map((parameter, index) => {
    if (parameter.type !== 'Identifier') throw new Inexpressible('parameters that are patterns');
    // The names of roots cannot be given to parameters, so they get names of their own.
    const name = `x${names.size + index}`;
    inner.set(parameter.name, atom(name, 'unknown'));
    return name;
  });
  return atom(
    `(${parameters.join(', ')}) => ${textFor(rewriteExpression(body, inner), binding.conditional)}`,
    'unknown',
  );
}

/** `Number`, `Math.max`: the called function of JavaScript's globals; null when it is anything else. */
function globalName(callee: JavaScriptExpression | { readonly type: 'Super' }, names: Names): string | null {
  if (callee.type === 'Identifier') return names.has(callee.name) ? null : callee.name;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return null;
  const { object } = callee;
  return object.type === 'Identifier' && !names.has(object.name) ? `${object.name}.${callee.property.name}` : null;
}
