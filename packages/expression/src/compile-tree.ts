import {
  compileAddition,
  compileAnd,
  compileArithmetic,
  compileEquality,
  compileOr,
  compileOrder,
  compileSign,
  type Operand,
  type OperatorSite,
  requireBoolean,
} from './compile-operators.ts';
import { admitArray, admitText, charge, type Evaluate, limitArray, setField, textOf } from './evaluation.ts';
import { ExpressionFailure } from './failure.ts';
import {
  Call,
  type FunctionKind,
  type Implementation,
  type LambdaValue,
  type ParameterKind,
  type ParameterSpec,
  parameterNames,
} from './functions/function-kind.ts';
import { functions, methods } from './functions/registry.ts';
import { LazyValue, type ObjectMaker } from './lazy-value.ts';
import { compilePattern } from './patterns/pattern.ts';
import type { Range } from './problem.ts';
import {
  type AccessSite,
  chainEnd,
  compileField,
  compileLazyRoot,
  compileNestedField,
  compileRoot,
  compileRootField,
  compileRootPart,
  nullAccess,
  placed,
  readIndex,
} from './read-field.ts';
import type { Scope } from './scope.ts';
import {
  type Argument,
  type ArrayLiteral,
  type Binary,
  type Conditional,
  type Expression,
  endsEarly,
  type FunctionCall,
  type Index,
  type Lambda,
  type Logical,
  type Member,
  type MethodCall,
  type ObjectEntry,
  type ObjectLiteral,
  type Parameter,
  type Template,
} from './syntax-tree.ts';
import { kindOf } from './value-type.ts';

/** A compiled tree, and what it may do. */
export interface CompiledTree {
  readonly evaluate: Evaluate;
  /** It may take steps, so each evaluation starts with a fresh budget. */
  readonly charges: boolean;
  /** It may repeat parts of the record, so its result is measured. */
  readonly repeats: boolean;
  /** The same, but what it gives may be a lazy value. */
  readonly evaluateLazily: Evaluate;
}

/** Compiles a tree that was checked without errors. */
export function compileTree(tree: Expression, source: string, objects?: ObjectMaker | undefined): CompiledTree {
  const compiler = new TreeCompiler(source, objects);
  const evaluate = compiler.compile(tree);
  const evaluateLazily = compiler.compileLazily(tree, evaluate);
  return { evaluate, evaluateLazily, charges: compiler.charges, repeats: compiler.repeats };
}

/** Where a parameter's value stands while its function runs. Functions never call themselves, so one place is enough. */
interface Cell {
  value: unknown;
}

/** More uses of roots than this in one expression count as repeating the record. */
const rootUsesMax = 64;
/** Spreads of objects outside loops that cost nothing, so that a record of any width can be copied. Further ones pay for each field. */
const freeSpreadsMax = 4;

class TreeCompiler {
  charges = false;
  #hasLambda = false;
  #rootUses = 0;
  #spreads = 0;
  #lambdaDepth = 0;
  readonly #source: string;
  readonly #objects: ObjectMaker | undefined;
  readonly #cells = new Map<Parameter, Cell>();

  constructor(source: string, objects: ObjectMaker | undefined) {
    this.#source = source;
    this.#objects = objects;
  }

  get repeats(): boolean {
    return this.#hasLambda || this.#rootUses > rootUsesMax;
  }

  compile(node: Expression): Evaluate {
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'template':
        return this.#template(node);
      case 'root':
        this.#rootUses++;
        return compileRoot(node.name, { start: node.start, end: node.end });
      case 'parameter': {
        const cell = this.#cellOf(node.parameter);
        return () => cell.value;
      }
      case 'member':
        return this.#member(node);
      case 'index':
        return this.#index(node);
      case 'chain': {
        const body = this.compile(node.body);
        return (scope) => {
          const value = body(scope);
          return value === chainEnd ? null : value;
        };
      }
      case 'unary': {
        const operand = this.#operand(node.operand);
        if (node.operator !== '!') return compileSign(node.operator, operand);
        const { evaluate } = operand;
        return (scope) => !requireBoolean(evaluate(scope), operand);
      }
      case 'binary':
        return this.#binary(node);
      case 'logical':
        return this.#logical(node);
      case 'conditional':
        return this.#conditional(node);
      case 'array':
        return this.#array(node);
      case 'object':
        return this.#object(node);
      case 'call':
        return this.#call(node);
      case 'method':
        return this.#method(node);
      case 'invalid':
        throw new Error('A tree with errors was compiled. Check it first.');
    }
  }

  #textOf(range: Range): string {
    const text = this.#source.slice(range.start, range.end);
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  }

  #operand(node: Expression): Operand {
    const evaluate = this.compile(node);
    const place = { text: this.#textOf(node), evaluate, start: node.start, end: node.end };
    return node.kind === 'literal' ? { ...place, constant: node.value } : place;
  }

  #cellOf(parameter: Parameter): Cell {
    const known = this.#cells.get(parameter);
    if (known) return known;
    const cell: Cell = { value: null };
    this.#cells.set(parameter, cell);
    return cell;
  }

  // Access

  #siteOf(node: Member | Index | MethodCall, name: string): AccessSite {
    return {
      name,
      objectText: this.#textOf(node.object),
      objectRange: { start: node.object.start, end: node.object.end },
      range: { start: node.start, end: node.end },
      optional: node.optional,
      chained: endsEarly(node.object),
    };
  }

  #member(node: Member): Evaluate {
    const site = this.#siteOf(node, node.name);
    if (node.object.kind === 'root') {
      this.#rootUses++;
      return compileRootField(node.object.name, site);
    }
    const inTwoSteps = compileField(this.compile(node.object), site);
    if (node.object.kind !== 'member' || node.object.object.kind !== 'root') return inTwoSteps;
    return compileNestedField(node.object.object.name, node.object.name, site, inTwoSteps);
  }

  #index(node: Index): Evaluate {
    const site = this.#siteOf(node, '');
    const object = this.compile(node.object);
    const index = this.compile(node.index);
    const indexRange = { start: node.index.start, end: node.index.end };
    return (scope) => {
      const from = object(scope);
      if (from === chainEnd) return chainEnd;
      if (from === null || from === undefined) return nullAccess(site);
      return readIndex(from, index(scope), site, indexRange);
    };
  }

  // Operators

  #binary(node: Binary): Evaluate {
    const { operator } = node;
    const site: OperatorSite = {
      operator,
      left: this.#operand(node.left),
      right: this.#operand(node.right),
      start: node.start,
      end: node.end,
    };
    switch (operator) {
      case '+':
        this.charges = true;
        return compileAddition(site);
      case '<':
      case '<=':
      case '>':
      case '>=':
        this.charges ||= typeof site.right.constant !== 'number';
        return compileOrder(operator, site);
      case '==':
      case '!=':
        this.charges ||= site.right.constant === undefined;
        return compileEquality(operator === '==', site);
      default:
        return compileArithmetic(operator, site);
    }
  }

  #logical(node: Logical): Evaluate {
    const left = this.#operand(node.left);
    const right = this.#operand(node.right);
    if (node.operator === '&&') return compileAnd(left, right);
    if (node.operator === '||') return compileOr(left, right);
    return firstNonNull([left.evaluate, right.evaluate]);
  }

  #conditional(node: Conditional): Evaluate {
    const test = this.#operand(node.test);
    const then = this.compile(node.then);
    const otherwise = this.compile(node.otherwise);
    return (scope) => (requireBoolean(test.evaluate(scope), test) ? then(scope) : otherwise(scope));
  }

  // Literals

  #template(node: Template): Evaluate {
    this.charges = true;
    const values = node.values.map((value) => this.#operand(value));
    const [first = '', ...rest] = node.texts;
    const range = { start: node.start, end: node.end };
    return (scope) => {
      let text = first;
      for (let place = 0; place < values.length; place++) {
        const operand = values[place];
        if (operand === undefined) break;
        const value = operand.evaluate(scope);
        const part = textOf(value);
        if (part === undefined) {
          const message = `\`${operand.text}\` is ${kindOf(value)}, and a template takes no lists or objects`;
          throw new ExpressionFailure('type', message, operand);
        }
        const after = rest[place] ?? '';
        admitText(scope, text.length + part.length + after.length, range);
        text += part + after;
      }
      return text;
    };
  }

  #array(node: ArrayLiteral): Evaluate {
    const elements = node.elements.map(({ spread, value }) => ({ spread, ...this.#operand(value) }));
    if (!elements.some((element) => element.spread)) {
      const values = elements.map((element) => element.evaluate);
      return (scope) => values.map((value) => value(scope));
    }
    this.charges = true;
    const range = { start: node.start, end: node.end };
    return (scope) => {
      const list: unknown[] = [];
      for (const element of elements) {
        const value = element.evaluate(scope);
        if (!element.spread) {
          list.push(value);
        } else if (Array.isArray(value)) {
          admitArray(scope, list.length + value.length, range);
          for (const item of value) list.push(item);
        } else if (value !== null) {
          throw new ExpressionFailure(
            'type',
            `\`${element.text}\` is ${kindOf(value)}, and only a list can be spread here`,
            element,
          );
        }
      }
      limitArray(list.length, range);
      return list;
    };
  }

  #object(node: ObjectLiteral): Evaluate {
    const setters = node.entries.map((entry) => this.#setter(entry));
    return (scope) => {
      const object: Record<string, unknown> = {};
      for (const set of setters) set(object, scope);
      return object;
    };
  }

  /** A root as it is, or a choice of such, is passed on without being decoded. `compiled` is the same, plain. */
  compileLazily(node: Expression, compiled: Evaluate): Evaluate {
    switch (node.kind) {
      case 'root': {
        const read = compileLazyRoot(node.name);
        return (scope) => read(scope) ?? null;
      }
      case 'conditional': {
        const test = this.#operand(node.test);
        const then = this.compileLazily(node.then, this.compile(node.then));
        const otherwise = this.compileLazily(node.otherwise, this.compile(node.otherwise));
        return (scope) => (requireBoolean(test.evaluate(scope), test) ? then(scope) : otherwise(scope));
      }
      case 'logical': {
        if (node.operator !== '??') return compiled;
        const [left, right] = [node.left, node.right].map((side) => this.compileLazily(side, this.compile(side)));
        return left === undefined || right === undefined ? compiled : firstNonNull([left, right]);
      }
      default:
        return this.#compilePatch(node, compiled) ?? this.#compileFields(node) ?? compiled;
    }
  }

  /**
   * A root with some fields set, `{ ...value, field: … }`: a lazy root is patched and not decoded. Null for all that has not this form;
   * `otherwise` does the same to a plain root.
   */
  #compilePatch(node: Expression, otherwise: Evaluate): Evaluate | null {
    if (node.kind !== 'object') return null;
    const [first, ...rest] = node.entries;
    if (first?.kind !== 'spread' || first.value.kind !== 'root') return null;
    const names: string[] = [];
    const values: Evaluate[] = [];
    for (const entry of rest) {
      if (entry.kind !== 'field' || entry.name === '__proto__' || names.includes(entry.name)) return null;
      names.push(entry.name);
      values.push(entry.value.kind === 'root' ? compileLazyRoot(entry.value.name) : this.compile(entry.value));
    }
    const read = compileLazyRoot(first.value.name);
    return (scope) => {
      const base = read(scope);
      if (!(base instanceof LazyValue)) return otherwise(scope);
      const patch: unknown[] = new Array(values.length);
      for (let place = 0; place < values.length; place++) patch[place] = (values[place] as Evaluate)(scope);
      try {
        return base.with(names, patch);
      } catch (error) {
        throw placed(error, first.value);
      }
    };
  }

  /** An object of listed fields, put together by those who know how it goes on. Null for all that has not this form. */
  #compileFields(node: Expression): Evaluate | null {
    if (node.kind !== 'object' || this.#objects === undefined) return null;
    const names: string[] = [];
    const values: Evaluate[] = [];
    for (const entry of node.entries) {
      if (entry.kind !== 'field' || entry.name === '__proto__' || names.includes(entry.name)) return null;
      // Plain objects have such names first, whatever the order in which they are written.
      if (/^\d+$/.test(entry.name)) return null;
      names.push(entry.name);
      values.push(this.#part(entry.value));
    }
    const make = this.#objects(names);
    return (scope) => {
      // Of its length from the start: a list that grows takes room for sixteen more.
      const fields: unknown[] = new Array(values.length);
      for (let place = 0; place < values.length; place++) fields[place] = (values[place] as Evaluate)(scope);
      return make(fields);
    };
  }

  /** A value of an object that is put together: a field of a root as it came, everything else plain. */
  #part(node: Expression): Evaluate {
    const plain = this.compile(node);
    if (node.kind !== 'member' || node.object.kind !== 'root') return plain;
    return compileRootPart(node.object.name, this.#siteOf(node, node.name), plain);
  }

  #setter(entry: ObjectEntry): (object: Record<string, unknown>, scope: Scope) => void {
    const operand = this.#operand(entry.value);
    const value = operand.evaluate;
    if (entry.kind === 'spread') {
      const isCharged = this.#lambdaDepth > 0 || ++this.#spreads > freeSpreadsMax;
      this.charges ||= isCharged;
      return (object, scope) => copyFields(object, operand, scope, isCharged);
    }
    if (entry.kind === 'computed') {
      const name = this.#operand(entry.name);
      return (object, scope) => setField(object, requireName(name.evaluate(scope), name), value(scope));
    }
    const { name } = entry;
    if (name === '__proto__') return (object, scope) => setField(object, name, value(scope));
    return (object, scope) => {
      object[name] = value(scope);
    };
  }

  // Calls

  #call(node: FunctionCall): Evaluate {
    const kind = functions.get(node.name);
    if (kind === undefined) throw new Error(`The function ${node.name} was compiled and does not exist.`);
    this.charges = true;
    const call = new Call(node.name, node);
    const args = node.args.map((argument, place) => this.#argument(argument, kind.parameters, place, call));
    if (node.name === 'coalesce') return firstNonNull(args.map((argument) => argument.evaluate));
    const checked = checkedArguments(node.name, args, kind);
    const { run } = kind;
    const [a, b] = checked;
    if (a !== undefined && checked.length === 1) {
      return (scope) => {
        const first = a(scope);
        call.scope = scope;
        return run(call, first);
      };
    }
    if (a !== undefined && b !== undefined && checked.length === 2) {
      return (scope) => {
        const first = a(scope);
        const second = b(scope);
        call.scope = scope;
        return run(call, first, second);
      };
    }
    return (scope) => {
      const values = checked.map((argument) => argument(scope));
      call.scope = scope;
      return run(call, ...values);
    };
  }

  #method(node: MethodCall): Evaluate {
    this.charges = true;
    const site = this.#siteOf(node, node.name);
    const object = this.compile(node.object);
    const call = new Call(node.name, node);
    const onText = methods.string.get(node.name);
    const onList = methods.array.get(node.name);
    const parameters = onList?.parameters ?? onText?.parameters ?? [];
    const args = node.args.map((argument, place) => this.#argument(argument, parameters, place, call));
    const runOnText = onText && methodOn(onText, node, args, call);
    const runOnList = onList && methodOn(onList, node, args, call);
    return (scope) => {
      const receiver = object(scope);
      if (typeof receiver === 'string') {
        if (runOnText !== undefined) return runOnText(receiver, scope);
      } else if (Array.isArray(receiver)) {
        if (runOnList !== undefined) return runOnList(receiver, scope);
      } else if (receiver === chainEnd) {
        return chainEnd;
      } else if (receiver === null || receiver === undefined) {
        return nullAccess(site);
      }
      const message = `\`${site.objectText}\` is ${kindOf(receiver)} and has no method ${node.name}`;
      throw new ExpressionFailure('type', message, site.objectRange);
    };
  }

  #argument(argument: Argument, specs: readonly ParameterSpec[], place: number, call: Call): Operand {
    if (argument.kind !== 'lambda') return this.#operand(argument);
    const lambda = this.#lambda(argument, specs[place], call);
    return { text: this.#textOf(argument), evaluate: () => lambda, start: argument.start, end: argument.end };
  }

  #lambda(node: Lambda, spec: ParameterSpec | undefined, call: Call): LambdaValue {
    this.#hasLambda = true;
    this.#lambdaDepth++;
    const body = this.#operand(node.body);
    this.#lambdaDepth--;
    const cells = node.parameters.map((parameter) => this.#cellOf(parameter));
    const { evaluate } = body;
    const isCondition = spec?.lambda?.returns === 'boolean';
    // A long body costs more than a short one: one step more for every 16 parts.
    const steps = 1 + Math.floor(node.nodes / 16);
    const range = { start: node.start, end: node.end };
    return (first, second, third) => {
      const { scope } = call;
      charge(scope, steps, range);
      if (cells[0] !== undefined) cells[0].value = first;
      if (cells[1] !== undefined) cells[1].value = second;
      if (cells[2] !== undefined) cells[2].value = third;
      const result = evaluate(scope);
      return isCondition ? requireBoolean(result, body) : result;
    };
  }
}

function firstNonNull(values: readonly Evaluate[]): Evaluate {
  const [first, second] = values;
  if (first !== undefined && second !== undefined && values.length === 2) {
    return (scope) => first(scope) ?? second(scope);
  }
  return (scope) => {
    for (const value of values) {
      const result = value(scope);
      if (result !== null && result !== undefined) return result;
    }
    return null;
  };
}

function requireName(value: unknown, operand: Operand): string {
  if (typeof value === 'string') return value;
  throw new ExpressionFailure('type', `the name of a field must be a text, not ${kindOf(value)}`, operand);
}

/** Copies field by field: adding fields to a copy made at once is several times slower. */
function copyFields(object: Record<string, unknown>, operand: Operand, scope: Scope, isCharged: boolean): void {
  const from = operand.evaluate(scope);
  if (from === null || from === undefined) return;
  if (typeof from !== 'object' || Array.isArray(from)) {
    const message = `\`${operand.text}\` is ${kindOf(from)}, and only an object can be spread here`;
    throw new ExpressionFailure('type', message, operand);
  }
  const data = from as Readonly<Record<string, unknown>>;
  const names = Object.keys(data);
  if (isCharged) charge(scope, names.length, operand);
  for (const name of names) setField(object, name, data[name]);
}

type RunOn = (receiver: unknown, scope: Scope) => unknown;

function methodOn(kind: FunctionKind, node: MethodCall, args: readonly Operand[], call: Call): RunOn {
  const checked = checkedArguments(node.name, args, kind);
  const run: Implementation = kind.run;
  const [only] = checked;
  if (only === undefined) {
    return (receiver, scope) => {
      call.scope = scope;
      return run(call, receiver);
    };
  }
  if (checked.length === 1) {
    return (receiver, scope) => {
      const value = only(scope);
      call.scope = scope;
      return run(call, receiver, value);
    };
  }
  return (receiver, scope) => {
    const values = checked.map((argument) => argument(scope));
    call.scope = scope;
    return run(call, receiver, ...values);
  };
}

/** Arguments that fail when they are not what the parameters take. */
function checkedArguments(name: string, args: readonly Operand[], kind: FunctionKind): Evaluate[] {
  return args.map((operand, place) => {
    const last = kind.parameters.at(-1);
    const spec = kind.parameters[place] ?? (last?.rest ? last : undefined);
    if (spec === undefined) {
      return () => {
        throw new ExpressionFailure('type', `${kind.doc.signature} takes fewer arguments`, operand);
      };
    }
    if (spec.kind === 'any' || spec.kind === 'lambda') return operand.evaluate;
    if (spec.kind === 'pattern') return compiledPattern(operand);
    const { evaluate } = operand;
    const takes = takesKind(spec.kind);
    return (scope) => {
      const value = evaluate(scope);
      return takes(value) ? value : failArgument(name, spec, operand, value);
    };
  });
}

/** A pattern that was checked, compiled once. */
function compiledPattern(operand: Operand): Evaluate {
  const result = compilePattern(String(operand.constant));
  if (!result.ok) throw new Error('A pattern with errors was compiled. Check it first.');
  const { pattern } = result;
  return () => pattern;
}

function failArgument(name: string, spec: ParameterSpec, operand: Operand, value: unknown): never {
  if (value === null || value === undefined)
    throw new ExpressionFailure('type', `\`${operand.text}\` is null`, operand);
  const given = typeof value === 'number' ? `the number ${value}` : kindOf(value);
  const message = `${name} takes ${parameterNames[spec.kind]} as ${spec.name}, not ${given}`;
  throw new ExpressionFailure('type', message, operand);
}

function takesKind(kind: ParameterKind): (value: unknown) => boolean {
  switch (kind) {
    case 'string':
      return (value) => typeof value === 'string';
    case 'number':
      return (value) => typeof value === 'number';
    case 'integer':
      return (value) => Number.isSafeInteger(value);
    case 'textOrNull':
      return (value) => typeof value === 'string' || value === null;
    case 'array':
      return Array.isArray;
    case 'object':
      return (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'primitive':
      return (value) => typeof value !== 'object' || value === null;
    default:
      return () => true;
  }
}
