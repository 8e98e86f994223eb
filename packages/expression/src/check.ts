import { checkConstantText } from './constant-texts.ts';
import {
  type CallTypes,
  type FunctionKind,
  type ParameterSpec,
  parameterNames,
  parameterType,
} from './functions/function-kind.ts';
import { functions, methodNames, methods, type ReceiverKind } from './functions/registry.ts';
import { narrowed, nonNullPaths, pathKey } from './narrowing.ts';
import { type OperandVerdict, verdictOnEquality, verdictOnPair } from './operand-types.ts';
import { closestName, type ProblemFix, type ProblemList, type Range, useInstead } from './problem.ts';
import { globalHint, methodHint } from './refusals.ts';
import { type FieldPath, type RootNames, type RootTypes, rootNames } from './scope.ts';
import type {
  Argument,
  ArrayLiteral,
  Binary,
  Expression,
  FunctionCall,
  Index,
  Lambda,
  Logical,
  Member,
  MethodCall,
  ObjectLiteral,
  Parameter,
  Unary,
} from './syntax-tree.ts';
import {
  anyObjectType,
  arrayOf,
  booleanType,
  boundedType,
  formatValueType,
  inferValueType,
  memberOfKind,
  membersOf,
  neverType,
  nullType,
  numberType,
  type ObjectField,
  stringType,
  typesOverlap,
  unionOf,
  unknownType,
  type ValueType,
  withoutNull,
} from './value-type.ts';

export interface CheckResult {
  readonly type: ValueType;
  readonly fieldsRead: readonly FieldPath[];
}

export interface CheckContext {
  /** What the result must be. */
  readonly expect?: ValueType | undefined;
  readonly rootNames?: RootNames | undefined;
  /** Types of parameters from around the tree, for a tree that is a part of an expression. */
  readonly parameterTypes?: ReadonlyMap<Parameter, ValueType> | undefined;
}

/**
 * Types every part of a tree from the types of the roots, and reports what cannot work or may fail. The types describe the records seen
 * so far; a record may still be different, so evaluation checks what it gets and trusts nothing of this.
 */
export function checkExpression(
  tree: Expression,
  source: string,
  roots: RootTypes,
  problems: ProblemList,
  context: CheckContext = {},
): CheckResult {
  const checker = new Checker(source, roots, problems, context);
  const type = checker.typeOf(tree);
  if (context.expect) checker.expect(tree, type, context.expect);
  return { type, fieldsRead: checker.fieldsRead() };
}

/** An access and what it reaches. `mayEnd`: a `?.` on the way may find null and end the chain. */
interface Access {
  readonly type: ValueType;
  /** Set when the access is a plain path from a root. */
  readonly path?: FieldPath | undefined;
  readonly mayEnd: boolean;
}

const primitiveType = unionOf(booleanType, numberType, stringType, nullType);
const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

class Checker {
  readonly #source: string;
  readonly #roots: RootTypes;
  readonly #problems: ProblemList;
  readonly #rootNames: RootNames;
  readonly #parameters: Map<Parameter, ValueType>;
  readonly #paths: FieldPath[] = [];
  /** The paths that a condition around this place has shown not to be null. */
  readonly #nonNull = new Set<string>();

  constructor(source: string, roots: RootTypes, problems: ProblemList, context: CheckContext) {
    this.#source = source;
    this.#roots = roots;
    this.#problems = problems;
    this.#parameters = new Map(context.parameterTypes);
    this.#rootNames = context.rootNames ?? {};
  }

  /** The paths read, without those that a shorter one covers, by root and then in the order of the source. */
  fieldsRead(): readonly FieldPath[] {
    const isCovered = (path: FieldPath, by: FieldPath): boolean =>
      by.root === path.root &&
      by.path.length <= path.path.length &&
      by.path.every((name, place) => name === path.path[place]);
    const minimal: FieldPath[] = [];
    for (const path of this.#paths.toSorted((a, b) => a.path.length - b.path.length)) {
      if (!minimal.some((shorter) => isCovered(path, shorter))) minimal.push(path);
    }
    const place = (path: FieldPath): number => rootNames.indexOf(path.root) * 1e6 + this.#paths.indexOf(path);
    return minimal.toSorted((a, b) => place(a) - place(b));
  }

  /** The type of a part whose value is used. */
  typeOf(node: Expression): ValueType {
    return boundedType(this.#typeOf(node));
  }

  #typeOf(node: Expression): ValueType {
    switch (node.kind) {
      case 'literal':
        return inferValueType(node.value);
      case 'template':
        for (const value of node.values) this.#require(value, this.typeOf(value), primitiveType, 'not-text', textNeed);
        return stringType;
      case 'parameter': {
        const type = this.#parameters.get(node.parameter) ?? unknownType;
        return this.#nonNull.has(pathKey(node) ?? '') ? narrowed(type) : type;
      }
      case 'root':
      case 'member':
      case 'index':
      case 'method':
      case 'chain': {
        const access = this.#access(node);
        if (access.path) this.#paths.push(access.path);
        return access.type;
      }
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'logical':
        return this.#logical(node);
      case 'conditional': {
        this.#condition(node.test);
        const then = this.#where(node.test, true, () => this.typeOf(node.then));
        return unionOf(
          then,
          this.#where(node.test, false, () => this.typeOf(node.otherwise)),
        );
      }
      case 'array':
        return this.#array(node);
      case 'object':
        return this.#object(node);
      case 'call':
        return this.#call(node);
      case 'invalid':
        return unknownType;
    }
  }

  // Access

  /** Types an access without saying that its value is used: `value.a` in `value.a.b` is only on the way. */
  #access(node: Expression): Access {
    switch (node.kind) {
      case 'root': {
        const path: FieldPath = { root: node.name, path: [] };
        const type = this.#roots[node.name] ?? unknownType;
        return { type: this.#nonNull.has(node.name) ? narrowed(type) : type, path, mayEnd: false };
      }
      case 'chain': {
        const { type, path, mayEnd } = this.#access(node.body);
        return { type: mayEnd ? unionOf(type, nullType) : type, path, mayEnd: false };
      }
      case 'member':
        return this.#member(node);
      case 'index':
        return this.#index(node);
      case 'method':
        return this.#method(node);
      default:
        return { type: this.typeOf(node), mayEnd: false };
    }
  }

  #member(node: Member): Access {
    const object = this.#access(node.object);
    const known = pathKey(node);
    const isNonNull = known !== undefined && this.#nonNull.has(known);
    const isLength = node.name === 'length' && hasLength(object.type);
    const path =
      object.path && (isLength ? object.path : { root: object.path.root, path: [...object.path.path, node.name] });
    const type = this.#fieldType(node, object.type);
    const mayEnd = object.mayEnd || this.#mayEndAt(node, object.type);
    return { type: isNonNull ? narrowed(type) : type, path, mayEnd: mayEnd && !isNonNull };
  }

  #mayEndAt(node: Member | Index | MethodCall, type: ValueType): boolean {
    return node.optional && (type.kind === 'unknown' || memberOfKind(type, 'null') !== undefined);
  }

  #fieldType(node: Member, object: ValueType): ValueType {
    if (!this.#isAccessible(node, object)) return afterNothing(node, object);
    const results: ValueType[] = [];
    for (const member of membersOf(object)) {
      if (member.kind === 'null') continue;
      const field = member.kind === 'object' ? member.fields.find(({ name }) => name === node.name) : undefined;
      if (member.kind === 'unknown') return unknownType;
      if (field) results.push(field.optional ? unionOf(field.type, nullType) : field.type);
      else if (member.kind === 'object' && member.open) results.push(unknownType);
      else if (node.name === 'length' && (member.kind === 'string' || member.kind === 'array'))
        results.push(numberType);
    }
    // An object that lacks the field, among kinds that have it, gives null.
    const mayLack = membersOf(object).some(
      (member) => member.kind === 'object' && !member.open && member.fields.every(({ name }) => name !== node.name),
    );
    if (results.length > 0) return mayLack ? unionOf(...results, nullType) : unionOf(...results);
    this.#unknownField(node, object);
    return unknownType;
  }

  #unknownField(node: Member, object: ValueType): void {
    const called = node.object.kind === 'root' ? this.#rootNames[node.object.name] : undefined;
    const subject = called ?? this.#textOf(node.object);
    const known = memberOfKind(object, 'object');
    if (known === undefined) {
      const method = methodNames.includes(node.name) ? ` To call the method, write ${node.name}(…).` : '';
      const message = `${subject} is ${formatValueType(withoutNull(object))} and has no field ${node.name}.${method}`;
      this.#problems.error('no-fields', node.nameRange, message);
      return;
    }
    const closest = closestName(
      node.name,
      known.fields.map((field) => field.name),
    );
    if (closest === undefined) {
      const has = known.fields.length === 0 ? 'It has no fields.' : `It has ${formatValueType(known, 8).slice(1, -1)}.`;
      this.#problems.error('unknown-field', node.nameRange, `${subject} has no field ${node.name}. ${has}`);
      return;
    }
    const message = `${subject} has no field ${node.name}. The closest is ${closest}.`;
    this.#problems.error('unknown-field', node.nameRange, message, this.#nameFix(node.nameRange, closest));
  }

  /** Replaces a name, as it is written: with quotes inside brackets, without after a dot. */
  #nameFix(range: Range, name: string): ProblemFix | undefined {
    const quote = this.#source.charAt(range.start);
    if (quote === "'" || quote === '"' || quote === '`') {
      const text = name.includes(quote) || /[\\\n\r$]/.test(name) ? JSON.stringify(name) : `${quote}${name}${quote}`;
      return { ...useInstead(range, text), title: `Use ${name}` };
    }
    return identifier.test(name) ? useInstead(range, name) : undefined;
  }

  /** Reports access to null. Says whether going on makes sense. */
  #isAccessible(node: Member | Index | MethodCall, object: ValueType): boolean {
    if (object.kind === 'unknown' || object.kind === 'never') return false;
    if (node.optional || memberOfKind(object, 'null') === undefined) return object.kind !== 'null';
    const subject = this.#textOf(node.object);
    const fix = this.#optionalFix(node);
    if (object.kind === 'null') {
      this.#problems.error('always-null', node.object, `${subject} is always null. Use ?. to get null.`, fix);
      return false;
    }
    this.#problems.warning(
      'maybe-null',
      node.object,
      `${subject} may be null, and the record then fails. Use ?. to get null.`,
      fix,
    );
    return true;
  }

  #optionalFix(node: Member | Index | MethodCall): ProblemFix | undefined {
    const start = node.object.end;
    const between =
      node.kind === 'index' ? this.#source.slice(start, start + 1) : this.#source.slice(start, node.nameRange.start);
    if (between === '.') return { title: 'Use ?.', start, end: start + 1, text: '?.' };
    return between === '[' ? { title: 'Use ?.', start, end: start, text: '?.' } : undefined;
  }

  #index(node: Index): Access {
    const object = this.#access(node.object);
    if (object.path) this.#paths.push(object.path);
    const index = this.typeOf(node.index);
    const mayEnd = object.mayEnd || this.#mayEndAt(node, object.type);
    if (!this.#isAccessible(node, object.type)) return { type: afterNothing(node, object.type), mayEnd };
    const list = memberOfKind(object.type, 'array');
    const fields = memberOfKind(object.type, 'object');
    if (list === undefined && fields === undefined) {
      const hint = memberOfKind(object.type, 'string') ? ' Use charAt(index).' : '';
      const message = `${this.#textOf(node.object)} is ${formatValueType(object.type)} and has no elements.${hint}`;
      this.#problems.error('no-elements', node.object, message);
      return { type: unknownType, mayEnd };
    }
    const wanted = unionOf(...(list ? [numberType] : []), ...(fields ? [stringType] : []));
    const need = list ? 'a place in a list is a number' : 'the name of a field is a text';
    this.#require(node.index, index, wanted, 'index-type', need);
    if (fields) return { type: unknownType, mayEnd };
    return { type: unionOf(list?.element ?? unknownType, nullType), mayEnd };
  }

  // Operators

  #unary(node: Unary): ValueType {
    if (node.operator === '!') {
      this.#condition(node.operand);
      return booleanType;
    }
    const need =
      node.operator === '+' ? '+ needs a number. To read a text use number(text)' : `${node.operator} needs a number`;
    this.#require(node.operand, this.typeOf(node.operand), numberType, 'not-number', need);
    return numberType;
  }

  #binary(node: Binary): ValueType {
    const left = this.typeOf(node.left);
    const right = this.typeOf(node.right);
    const { operator } = node;
    switch (operator) {
      case '+':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#judge(node, left, right, verdictOnPair(operator, left, right));
      case '==':
      case '!=':
        return this.#judge(node, left, right, verdictOnEquality(operator, left, right));
      default:
        this.#require(node.left, left, numberType, 'not-number', `${operator} needs numbers`);
        this.#require(node.right, right, numberType, 'not-number', `${operator} needs numbers`);
        return numberType;
    }
  }

  #judge(node: Binary, left: ValueType, right: ValueType, verdict: OperandVerdict): ValueType {
    if (verdict.error) this.#problems.error(verdict.error.code, node, verdict.error.message);
    if (verdict.warning) this.#problems.warning(verdict.warning.code, node, verdict.warning.message);
    if (verdict.risk === 'null') {
      for (const [side, type] of [[node.left, left] as const, [node.right, right] as const]) {
        if (memberOfKind(type, 'null')) this.#warnMaybeNull(side);
      }
    } else if (verdict.risk === 'kind') {
      const pair = `${formatValueType(left)} ${node.operator} ${formatValueType(right)}`;
      this.#problems.warning('maybe-type', node, `This is ${pair}, which fails for some records.`);
    }
    return verdict.type;
  }

  #warnMaybeNull(node: Range): void {
    const subject = this.#textOf(node);
    const message = `${subject} may be null, and the record then fails. Give a default: (${subject} ?? …).`;
    this.#problems.warning('maybe-null', node, message);
  }

  #logical(node: Logical): ValueType {
    if (node.operator === '??') {
      const left = this.typeOf(node.left);
      const right = this.typeOf(node.right);
      return left.kind === 'unknown' ? unknownType : unionOf(withoutNull(left), right);
    }
    const hint = node.operator === '||' ? '. For a default use ??' : '';
    this.#condition(node.left, hint);
    this.#where(node.left, node.operator === '&&', () => this.#condition(node.right, hint));
    return booleanType;
  }

  /** Checks something that is reached only when a condition is true, or only when it is false. */
  #where<Result>(condition: Expression, outcome: boolean, check: () => Result): Result {
    const added = nonNullPaths(condition, outcome).filter((path) => !this.#nonNull.has(path));
    for (const path of added) this.#nonNull.add(path);
    const result = check();
    for (const path of added) this.#nonNull.delete(path);
    return result;
  }

  #condition(node: Expression, hint = ''): void {
    const need = `a condition is true or false${hint || '. Compare it, for example with != null'}`;
    this.#require(node, this.typeOf(node), booleanType, 'not-boolean', need);
  }

  /** Reports a value that cannot have the wanted type, or that may not have it. */
  #require(node: Range, type: ValueType, wanted: ValueType, code: string, need: string): void {
    if (type.kind === 'unknown' || type.kind === 'never' || wanted.kind === 'unknown') return;
    const subject = this.#textOf(node);
    if (!typesOverlap(type, wanted)) {
      this.#problems.error(code, node, `${subject} is ${formatValueType(type)}, and ${need}.`);
      return;
    }
    const outside = membersOf(type).filter((member) => memberOfKind(wanted, member.kind) === undefined);
    if (outside.some((member) => member.kind === 'null')) this.#warnMaybeNull(node);
    else if (outside.length > 0) {
      const kinds = formatValueType(unionOf(...outside));
      this.#problems.warning('maybe-type', node, `${subject} may be ${kinds}, and ${need}.`);
    }
  }

  /** Reports a result that is not what the node around the expression needs. */
  expect(tree: Expression, type: ValueType, wanted: ValueType): void {
    const kinds = membersOf(wanted).map((member) => member.kind);
    const need = `${formatValueType(wanted)} is needed here`;
    this.#require(tree, type, wanted, `not-${kinds.join('-or-')}`, need);
  }

  // Literals

  #array(node: ArrayLiteral): ValueType {
    const types = node.elements.map(({ spread, value }) => {
      const type = this.typeOf(value);
      if (!spread) return type;
      this.#require(
        value,
        type,
        unionOf(arrayOf(unknownType), nullType),
        'not-array',
        'only a list can be spread here',
      );
      if (type.kind === 'unknown') return unknownType;
      return memberOfKind(type, 'array')?.element ?? neverType;
    });
    return arrayOf(unionOf(...types));
  }

  #object(node: ObjectLiteral): ValueType {
    const fields = new Map<string, ObjectField>();
    let open = false;
    for (const entry of node.entries) {
      if (entry.kind === 'field') {
        fields.set(entry.name, { name: entry.name, type: this.typeOf(entry.value), optional: false });
      } else if (entry.kind === 'computed') {
        this.#require(entry.name, this.typeOf(entry.name), stringType, 'index-type', 'the name of a field is a text');
        this.typeOf(entry.value);
        open = true;
      } else {
        const type = this.typeOf(entry.value);
        this.#require(
          entry.value,
          type,
          unionOf(anyObjectType, nullType),
          'not-object',
          'only an object can be spread here',
        );
        const spread = memberOfKind(type, 'object') ?? (type.kind === 'unknown' ? anyObjectType : undefined);
        if (spread?.kind !== 'object') continue;
        const isCertain = type.kind === 'object';
        open ||= spread.open;
        if (spread.open) forgetFields(fields);
        for (const field of spread.fields)
          fields.set(field.name, spreadField(fields.get(field.name), field, isCertain));
      }
      // Any field can have been set by a name that is computed.
      if (entry.kind === 'computed') forgetFields(fields);
    }
    // Through the union, so that the bound on fields holds here too.
    return unionOf({ kind: 'object', fields: [...fields.values()], open });
  }

  // Calls

  #call(node: FunctionCall): ValueType {
    const kind = functions.get(node.name);
    if (kind) return this.#applied(node, unknownType, [kind]);
    for (const argument of node.args) if (argument.kind !== 'lambda') this.typeOf(argument);
    const { name, nameRange } = node;
    const hint = globalHint(name);
    const isName = (rootNames as readonly string[]).includes(name);
    if (isName || hint !== undefined) {
      this.#problems.error('unknown-function', nameRange, hint ?? `${name} is not a function.`);
    } else if (methodNames.includes(name)) {
      this.#problems.error('unknown-function', nameRange, `${name} is a method. Write it after a value: x.${name}(…).`);
    } else {
      this.#unknownCall('unknown-function', nameRange, `There is no function ${name}.`, name, functions.keys());
    }
    return unknownType;
  }

  #unknownCall(code: string, range: Range, message: string, name: string, candidates: Iterable<string>): void {
    const closest = closestName(name, candidates);
    if (closest === undefined) this.#problems.error(code, range, message);
    else this.#problems.error(code, range, `${message} The closest is ${closest}.`, useInstead(range, closest));
  }

  #method(node: MethodCall): Access {
    const receiver = this.#access(node.object);
    if (receiver.path) this.#paths.push(receiver.path);
    const mayEnd = receiver.mayEnd || this.#mayEndAt(node, receiver.type);
    const isKnown = this.#isAccessible(node, receiver.type);
    const kinds = (['string', 'array'] as const).filter(
      (kind) => receiver.type.kind === 'unknown' || !isKnown || memberOfKind(receiver.type, kind) !== undefined,
    );
    const found = kinds.flatMap((kind) => methods[kind].get(node.name) ?? []);
    if (found.length === 0) {
      this.#untypedArguments(node.args);
      this.#unknownMethod(node, isKnown ? receiver.type : unknownType, kinds);
      return { type: unknownType, mayEnd };
    }
    const type = this.#applied(node, receiver.type, found);
    if (!isKnown && receiver.type.kind !== 'unknown') return { type: afterNothing(node, receiver.type), mayEnd };
    // Where the receiver is unknown, which of two methods is meant is unknown too.
    return { type: receiver.type.kind === 'unknown' && found.length > 1 ? unknownType : type, mayEnd };
  }

  #unknownMethod(node: MethodCall, receiver: ValueType, kinds: readonly ReceiverKind[]): void {
    const { name, nameRange } = node;
    const subject = this.#textOf(node.object);
    const hint = methodHint(name);
    const owner = methods.string.has(name) ? 'texts' : methods.array.has(name) ? 'lists' : undefined;
    if (owner !== undefined) {
      const message = `${name} works on ${owner}. ${subject} is ${formatValueType(receiver)}.`;
      this.#problems.error('unknown-method', nameRange, message);
    } else if (hint !== undefined) {
      this.#problems.error('unknown-method', nameRange, `There is no method ${name}. ${hint}`);
    } else if (functions.has(name)) {
      this.#problems.error('unknown-method', nameRange, `${name} is a function. Write ${name}(${subject}).`);
    } else {
      const candidates = kinds.flatMap((kind) => [...methods[kind].keys()]);
      const message =
        receiver.kind === 'unknown'
          ? `There is no method ${name}.`
          : `${formatValueType(receiver)} has no method ${name}.`;
      this.#unknownCall('unknown-method', nameRange, message, name, candidates);
    }
  }

  #untypedArguments(args: readonly Argument[]): void {
    for (const argument of args) {
      if (argument.kind === 'lambda') this.#lambda(argument, []);
      else this.typeOf(argument);
    }
  }

  /** Checks the arguments against all functions that the call may mean, and gives the type of the result. */
  #applied(node: FunctionCall | MethodCall, receiver: ValueType, kinds: readonly FunctionKind[]): ValueType {
    this.#checkCount(node, kinds);
    const args: ValueType[] = [];
    const call: CallTypes = { receiver, args };
    // Callbacks come last: the types of their parameters may depend on the other arguments.
    for (const [place, argument] of node.args.entries()) {
      if (argument.kind === 'lambda') continue;
      const type = this.typeOf(argument);
      args[place] = type;
      this.#checkArgument(node.name, argument, type, kinds, place);
    }
    for (const [place, argument] of node.args.entries()) {
      if (argument.kind !== 'lambda') continue;
      const lambda = kinds.flatMap((kind) => specAt(kind, place)?.lambda ?? [])[0];
      if (lambda === undefined) {
        this.#problems.error('no-lambda', argument, `${node.name} takes no function here.`);
        this.#lambda(argument, []);
        args[place] = unknownType;
        continue;
      }
      const body = this.#lambda(argument, lambda.parameters(call));
      if (lambda.returns === 'boolean') {
        const need = `${node.name} needs a condition. Compare it, for example with != null`;
        this.#require(argument.body, body, booleanType, 'not-boolean', need);
      }
      args[place] = body;
    }
    return unionOf(...kinds.map((kind) => kind.result(call)));
  }

  #checkCount(node: FunctionCall | MethodCall, kinds: readonly FunctionKind[]): void {
    const least = Math.min(...kinds.map((kind) => requiredCount(kind)));
    const most = Math.max(
      ...kinds.map((kind) => (kind.parameters.at(-1)?.rest ? Number.POSITIVE_INFINITY : kind.parameters.length)),
    );
    const count = node.args.length;
    if (count >= least && count <= most) return;
    const takes =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
    const noun = takes === '1' ? 'argument' : 'arguments';
    const signature = kinds[0]?.doc.signature ?? node.name;
    const extra = node.args[most];
    const last = node.args.at(-1);
    const range = extra && last ? { start: extra.start, end: last.end } : node.nameRange;
    this.#problems.error('argument-count', range, `${node.name} takes ${takes} ${noun}, not ${count}: ${signature}.`);
  }

  #checkArgument(
    name: string,
    argument: Expression,
    type: ValueType,
    kinds: readonly FunctionKind[],
    place: number,
  ): void {
    const specs = kinds.flatMap((kind) => specAt(kind, place) ?? []);
    const [first] = specs;
    if (first === undefined) return;
    if (first.kind === 'lambda') {
      if (argument.kind === 'invalid') return;
      this.#problems.error('needs-function', argument, `${name} takes a function here, for example x => x.`);
      return;
    }
    const wanted = unionOf(...specs.map((spec) => parameterType(spec.kind)));
    const names = specs.map((spec) => parameterNames[spec.kind]).join(' or ');
    this.#require(argument, type, wanted, 'argument-type', `${name} takes ${names} as ${first.name}`);
    // A text that is meant for one of several methods is checked by them when it runs.
    if (specs.length === kinds.length) checkConstantText(argument, first, name, this.#source, this.#problems);
  }

  #lambda(node: Lambda, types: readonly ValueType[]): ValueType {
    const extra = node.parameters[types.length];
    if (extra && types.length > 0) {
      this.#problems.error(
        'argument-count',
        extra,
        `This function gets ${types.length} values, not ${node.parameters.length}.`,
      );
    }
    for (const [place, parameter] of node.parameters.entries()) {
      this.#parameters.set(parameter, types[place] ?? unknownType);
    }
    return this.typeOf(node.body);
  }

  /** A part of the source as a message quotes it. */
  #textOf(range: Range): string {
    const text = this.#source.slice(range.start, range.end).replace(/\s+/g, ' ');
    return text.length > 40 ? `${text.slice(0, 39)}…` : text;
  }
}

/** The type of an access that no value reaches: behind a `?.` on null nothing comes, elsewhere a problem was reported. */
function afterNothing(node: Member | Index | MethodCall, object: ValueType): ValueType {
  return object.kind === 'never' || (object.kind === 'null' && node.optional) ? neverType : unknownType;
}

const textNeed = 'a template takes texts, numbers and booleans. Use toJson(x)';

function hasLength(type: ValueType): boolean {
  return (
    type.kind === 'unknown' || memberOfKind(type, 'string') !== undefined || memberOfKind(type, 'array') !== undefined
  );
}

function spreadField(known: ObjectField | undefined, field: ObjectField, isCertain: boolean): ObjectField {
  if (isCertain && !field.optional) return field;
  if (known === undefined) return { ...field, optional: true };
  return { name: field.name, type: unionOf(known.type, field.type), optional: known.optional };
}

/** After something that may have set any field, the types of those set before are unknown. */
function forgetFields(fields: Map<string, ObjectField>): void {
  for (const field of fields.values()) fields.set(field.name, { ...field, type: unknownType });
}

function specAt(kind: FunctionKind, place: number): ParameterSpec | undefined {
  const last = kind.parameters.at(-1);
  return kind.parameters[place] ?? (last?.rest ? last : undefined);
}

/** How many arguments a call must have. */
export function requiredCount(kind: FunctionKind): number {
  return kind.parameters.filter((spec) => !spec.optional && !spec.rest).length;
}
