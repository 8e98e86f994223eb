import type {
  ArrayExpression,
  ArrowFunctionExpression,
  AssignmentExpression,
  BinaryExpression,
  CallExpression,
  Identifier,
  Expression as JsExpression,
  Literal as JsLiteral,
  MemberExpression,
  ObjectExpression,
  Property,
  SpreadElement,
  UnaryExpression,
} from 'acorn';
import { functions } from './functions/registry.ts';
import { depthMax, nodesMax } from './limits.ts';
import { closestName, type ProblemList, type Range, useInstead } from './problem.ts';
import { globalHint, refusals, refusedOperators, regexHint } from './refusals.ts';
import { isRootName, type RootName, type RootTypes, rootNames } from './scope.ts';
import { parseJavaScript } from './source.ts';
import type {
  Argument,
  ArrayElement,
  BinaryOperator,
  Expression,
  Invalid,
  Lambda,
  ObjectEntry,
  Parameter,
} from './syntax-tree.ts';

/**
 * Reads a source into our tree. Everything that is not in the language is reported and stands in the tree as `invalid`, so that one pass
 * finds all problems. Returns undefined when the source is no JavaScript at all; there is then exactly one problem.
 * @param outerParameters parameters of arrow functions around the source, for a source that is a part of an expression
 */
export function parseExpression(
  source: string,
  roots: RootTypes,
  problems: ProblemList,
  outerParameters: readonly Parameter[] = [],
): Expression | undefined {
  const parsed = parseJavaScript(source, problems);
  return parsed && new TreeBuilder(source, roots, problems, outerParameters).build(parsed);
}

const binaryOperators = new Map<string, BinaryOperator>([
  ...(['+', '-', '*', '/', '%', '**', '<', '<=', '>', '>=', '==', '!='] as const).map(
    (operator) => [operator, operator] as const,
  ),
  ['===', '=='],
  ['!==', '!='],
]);

const rootHints: { readonly [Name in RootName]: string } = {
  key: 'key is not available here.',
  value: 'value is not available here.',
  timestamp: 'timestamp is not available here.',
  headers: 'headers is not available here.',
  window: 'window exists only after a windowed aggregate.',
  left: 'left exists only in a join.',
  right: 'right exists only in a join.',
  aggregate: 'aggregate exists only in an aggregate.',
};

/** Builds the tree. One use: it counts nodes and knows the parameters in sight. */
class TreeBuilder {
  readonly #source: string;
  readonly #roots: readonly RootName[];
  readonly #problems: ProblemList;
  readonly #parameters: Parameter[];
  #depth = 0;
  #nodes = 0;
  #overLimit = false;

  constructor(source: string, roots: RootTypes, problems: ProblemList, outerParameters: readonly Parameter[]) {
    this.#parameters = [...outerParameters];
    this.#source = source;
    this.#roots = rootNames.filter((name) => roots[name] !== undefined);
    this.#problems = problems;
  }

  build(node: JsExpression): Expression {
    // Parentheses group and mean nothing else; they cost no depth, the bracket check of the source bounds them.
    if (node.type === 'ParenthesizedExpression') return this.build(node.expression);
    if (!this.#enter(node)) return invalid(node);
    this.#depth++;
    const built = this.#buildKnown(node);
    this.#depth--;
    return built;
  }

  #enter(range: Range): boolean {
    this.#nodes++;
    if (this.#depth >= depthMax) this.#exceed('too-deep', range, `This is nested deeper than ${depthMax} levels.`);
    if (this.#nodes > nodesMax) this.#exceed('too-many-nodes', range, `This has more than ${nodesMax} parts.`);
    return !this.#overLimit;
  }

  #exceed(code: string, range: Range, message: string): void {
    if (!this.#overLimit) {
      this.#problems.error(
        code,
        range,
        `${message} Split it over two nodes, or test a list with ['a', 'b'].includes(…).`,
      );
    }
    this.#overLimit = true;
  }

  #refuse(code: string, range: Range, message: string): Invalid {
    this.#problems.error(code, range, message);
    return invalid(range);
  }

  #buildKnown(node: JsExpression): Expression {
    switch (node.type) {
      case 'Literal':
        return this.#literal(node);
      case 'TemplateLiteral': {
        const constant = constantText(node);
        if (constant !== undefined) return { kind: 'literal', value: constant, ...rangeOf(node) };
        const texts = node.quasis.map((quasi) => quasi.value.cooked ?? '');
        return {
          kind: 'template',
          texts,
          values: node.expressions.map((value) => this.build(value)),
          ...rangeOf(node),
        };
      }
      case 'Identifier':
        return this.#name(node);
      case 'MemberExpression':
        return this.#member(node);
      case 'ChainExpression':
        return { kind: 'chain', body: this.build(node.expression), ...rangeOf(node) };
      case 'UnaryExpression':
        return this.#unary(node);
      case 'BinaryExpression':
        return this.#binary(node);
      case 'LogicalExpression': {
        const [left, right] = [this.build(node.left), this.build(node.right)];
        return { kind: 'logical', operator: node.operator, left, right, ...rangeOf(node) };
      }
      case 'ConditionalExpression': {
        const test = this.build(node.test);
        const then = this.build(node.consequent);
        return { kind: 'conditional', test, then, otherwise: this.build(node.alternate), ...rangeOf(node) };
      }
      case 'ArrayExpression':
        return { kind: 'array', elements: this.#elements(node), ...rangeOf(node) };
      case 'ObjectExpression':
        return { kind: 'object', entries: this.#entries(node), ...rangeOf(node) };
      case 'CallExpression':
        return this.#call(node);
      case 'AssignmentExpression':
        return this.#assignment(node);
      default: {
        const [code, message] = refusals[node.type] ?? [
          'not-supported',
          'This is not part of the expression language.',
        ];
        return this.#refuse(code, node, message);
      }
    }
  }

  #literal(node: JsLiteral): Expression {
    if (node.regex) return this.#refuse('no-regex', node, regexHint);
    const { value } = node;
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return this.#refuse('number-too-large', node, 'This number is too large.');
      if (isInexact(node, value)) {
        const message = 'This whole number is beyond ±(2^53−1) and would lose digits. Write it as a text, in quotes.';
        return this.#refuse('inexact-number', node, message);
      }
    } else if (typeof value !== 'string' && typeof value !== 'boolean' && value !== null) {
      return this.#refuse('no-bigint', node, 'Big integers are not supported. Write the number without n.');
    }
    return { kind: 'literal', value, ...rangeOf(node) };
  }

  #name(node: Identifier): Expression {
    const { name } = node;
    const parameter = this.#parameters.findLast((candidate) => candidate.name === name);
    if (parameter) return { kind: 'parameter', parameter, ...rangeOf(node) };
    if (isRootName(name)) {
      if (this.#roots.includes(name)) return { kind: 'root', name, ...rangeOf(node) };
      return this.#refuse('unknown-root', node, `${rootHints[name]} ${this.#available()}`);
    }
    if (name === 'undefined') {
      this.#problems.error(
        'no-undefined',
        node,
        'undefined is not in the language. Use null.',
        useInstead(node, 'null'),
      );
      return invalid(node);
    }
    if (functions.has(name)) return this.#refuse('not-called', node, `${name} is a function. Call it: ${name}(…).`);
    const hint = globalHint(name);
    if (hint !== undefined) return this.#refuse('no-global', node, hint);
    const closest = closestName(name, [...this.#parameters.map((candidate) => candidate.name), ...this.#roots]);
    this.#problems.error(
      'unknown-name',
      node,
      `${name} is not known here. ${closest === undefined ? this.#available() : `The closest is ${closest}.`}`,
      closest === undefined ? undefined : useInstead(node, closest),
    );
    return invalid(node);
  }

  #available(): string {
    return this.#roots.length === 0 ? 'No record is in sight here.' : `Here you can use ${this.#roots.join(', ')}.`;
  }

  #member(node: MemberExpression): Expression {
    const { object, property } = node;
    if (object.type === 'Super' || property.type === 'PrivateIdentifier') {
      return this.#refuse('not-supported', node, 'This is not part of the expression language.');
    }
    const target = this.build(object);
    const optional = node.optional === true;
    const nameRange = rangeOf(property);
    const name = node.computed ? constantText(property) : property.type === 'Identifier' ? property.name : undefined;
    if (name !== undefined) return { kind: 'member', object: target, name, nameRange, optional, ...rangeOf(node) };
    return { kind: 'index', object: target, index: this.build(property), optional, ...rangeOf(node) };
  }

  #unary(node: UnaryExpression): Expression {
    const { operator } = node;
    if (operator !== '-' && operator !== '+' && operator !== '!') {
      return this.#refuse('no-operator', node, refusedOperators[operator] ?? `${operator} is not supported.`);
    }
    const operand = this.build(node.argument);
    // A negative constant is a constant to all that follows.
    if (operator === '-' && operand.kind === 'literal' && typeof operand.value === 'number') {
      return { kind: 'literal', value: -operand.value, ...rangeOf(node) };
    }
    return { kind: 'unary', operator, operand, ...rangeOf(node) };
  }

  #binary(node: BinaryExpression): Expression {
    const operator = binaryOperators.get(node.operator);
    if (node.left.type === 'PrivateIdentifier') {
      return this.#refuse('not-supported', node, 'This is not part of the expression language.');
    }
    const left = this.build(node.left);
    const right = this.build(node.right);
    if (operator !== undefined) return { kind: 'binary', operator, left, right, ...rangeOf(node) };
    const range = this.#operatorRange(node.operator, node.left, node.right);
    const message = refusedOperators[node.operator] ?? `${node.operator} is not supported.`;
    const logical = node.operator === '&' ? '&&' : node.operator === '|' ? '||' : undefined;
    this.#problems.error('no-operator', range, message, logical === undefined ? undefined : useInstead(range, logical));
    return invalid(node);
  }

  #assignment(node: AssignmentExpression): Expression {
    this.build(node.right);
    const range = this.#operatorRange(node.operator, node.left, node.right);
    const fix = node.operator === '=' ? useInstead(range, '==') : undefined;
    this.#problems.error('no-assignment', range, 'Expressions do not assign. Compare with ==.', fix);
    return invalid(node);
  }

  #operatorRange(operator: string, left: Range, right: Range): Range {
    const start = this.#source.indexOf(operator, left.end);
    return start === -1 || start > right.start
      ? { start: left.end, end: right.start }
      : { start, end: start + operator.length };
  }

  #elements(node: ArrayExpression): ArrayElement[] {
    return node.elements.map((element) => {
      if (element === null) {
        return { spread: false, value: this.#refuse('no-hole', node, 'This list has an empty place. Write null.') };
      }
      return element.type === 'SpreadElement'
        ? { spread: true, value: this.build(element.argument) }
        : { spread: false, value: this.build(element) };
    });
  }

  #entries(node: ObjectExpression): ObjectEntry[] {
    const seen = new Set<string>();
    return node.properties.map((property) => {
      if (property.type === 'SpreadElement') return { kind: 'spread', value: this.build(property.argument) };
      const entry = this.#entry(property);
      if (entry.kind === 'field') {
        if (seen.has(entry.name)) {
          this.#problems.warning(
            'duplicate-field',
            entry.nameRange,
            `${entry.name} is set twice. The last one counts.`,
          );
        }
        seen.add(entry.name);
      }
      return entry;
    });
  }

  #entry(property: Property): ObjectEntry {
    const { key } = property;
    const nameRange = rangeOf(key);
    if (property.kind !== 'init' || property.method) {
      const value = this.#refuse(
        'no-function',
        property,
        'Objects hold values only, no functions, getters or setters.',
      );
      return { kind: 'computed', name: value, value };
    }
    if (!property.computed && key.type === 'Identifier') {
      return { kind: 'field', name: key.name, nameRange, value: this.build(property.value) };
    }
    if (key.type === 'Literal' && typeof key.value === 'number') this.#literal(key);
    const name = constantText(key) ?? constantNumber(key);
    if (name !== undefined) return { kind: 'field', name, nameRange, value: this.build(property.value) };
    return { kind: 'computed', name: this.build(key), value: this.build(property.value) };
  }

  #call(node: CallExpression): Expression {
    const { callee } = node;
    if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
      return this.#methodCall(node, callee, callee.property);
    }
    if (callee.type === 'Identifier' && !node.optional) {
      const args = this.#args(node);
      return { kind: 'call', name: callee.name, nameRange: rangeOf(callee), args, ...rangeOf(node) };
    }
    this.#args(node);
    return this.#refuse('no-call', callee, 'Only the listed functions and methods can be called, by their name.');
  }

  #methodCall(node: CallExpression, callee: MemberExpression, property: Identifier): Expression {
    if (callee.object.type === 'Super') return this.#refuse('not-supported', callee, 'super is not supported.');
    const { name } = property;
    if (callee.object.type === 'Identifier') {
      const hint = this.#globalCallHint(callee, callee.object, name);
      if (hint !== undefined) {
        this.#args(node);
        return hint;
      }
    }
    const object = this.build(callee.object);
    const args = this.#args(node);
    if (node.optional) return this.#refuse('no-call', node, `Write ?. before the method: ?.${name}(…).`);
    const optional = callee.optional === true;
    return { kind: 'method', object, name, nameRange: rangeOf(property), optional, args, ...rangeOf(node) };
  }

  /** `Math.abs(x)`, `JSON.parse(x)` and the like: names what to write instead. */
  #globalCallHint(callee: MemberExpression, object: Identifier, method: string): Invalid | undefined {
    if (this.#parameters.some((parameter) => parameter.name === object.name)) return undefined;
    const hint = globalHint(object.name, method);
    if (hint === undefined) return undefined;
    const isSameName = object.name === 'Math' && functions.has(method);
    this.#problems.error('no-global', callee, hint, isSameName ? useInstead(callee, method) : undefined);
    return invalid(callee);
  }

  #args(node: CallExpression): Argument[] {
    return node.arguments.map((argument) => this.#argument(argument));
  }

  #argument(argument: JsExpression | SpreadElement): Argument {
    if (argument.type === 'SpreadElement') {
      this.build(argument.argument);
      return this.#refuse('no-spread', argument, 'Arguments cannot be spread. Write them one by one.');
    }
    return argument.type === 'ArrowFunctionExpression' ? this.#lambda(argument) : this.build(argument);
  }

  #lambda(node: ArrowFunctionExpression): Argument {
    if (!this.#enter(node)) return invalid(node);
    if (node.async) return this.#refuse('no-await', node, 'Expressions do not wait. Remove async.');
    const { body } = node;
    if (body.type === 'BlockStatement') {
      return this.#refuse(
        'no-function',
        body,
        'Write one expression after =>, without braces. To build an object: => ({ … }).',
      );
    }
    const parameters: Parameter[] = [];
    for (const pattern of node.params) {
      if (pattern.type !== 'Identifier') {
        this.#problems.error('no-pattern', pattern, 'Parameters are plain names. Read the fields in the expression.');
        return invalid(node);
      }
      if (isRootName(pattern.name)) {
        const message = `${pattern.name} is the name of a root. Give this parameter another name.`;
        this.#problems.error('shadows-root', pattern, message);
      }
      parameters.push({ name: pattern.name, ...rangeOf(pattern) });
    }
    const before = this.#nodes;
    this.#parameters.push(...parameters);
    this.#depth++;
    const built = this.build(body);
    this.#depth--;
    this.#parameters.length -= parameters.length;
    const lambda: Lambda = { kind: 'lambda', parameters, body: built, nodes: this.#nodes - before, ...rangeOf(node) };
    return lambda;
  }
}

function rangeOf(range: Range): Range {
  return { start: range.start, end: range.end };
}

function invalid(range: Range): Invalid {
  return { kind: 'invalid', start: range.start, end: range.end };
}

/** Whether a number is written as a whole one, in any base, and is beyond what a number holds exactly. */
function isInexact(node: JsLiteral, value: number): boolean {
  if (Number.isSafeInteger(value)) return false;
  return /^[\d_]+$|^0[xob]/i.test(node.raw ?? '');
}

/** The name that a computed key spells out: `['name']` or a template without values. */
function constantText(node: Property['key']): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

function constantNumber(node: Property['key']): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'number' ? String(node.value) : undefined;
}
