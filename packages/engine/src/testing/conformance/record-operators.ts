import { type CaseTranslation, type Flow, recordArguments } from './case-translation.ts';
import { type CaseType, keyFormatOf } from './case-type.ts';
import type { CaseOperator } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { isObject, listField, numberField, optionalText, textField } from './operator-fields.ts';
import { rewriteFunction, rewritePairFunction, rewritePairListFunction } from './rewrite-function.ts';
import { atom, binding, textFor, type Written } from './written-expression.ts';

export type Translate = (operator: CaseOperator, into: CaseTranslation) => void;

/** Kafka's extractors by name; each says what becomes of a negative timestamp. */
const extractors: readonly (readonly [name: RegExp, config: { readonly [name: string]: unknown }])[] = [
  [/^FailOnInvalid/, { invalidTimestamp: 'fail' }],
  [/^LogAndSkipOnInvalid/, { invalidTimestamp: 'skip' }],
  [/^UseP(artition|revious)TimeOnInvalid/, { invalidTimestamp: 'partition-time' }],
  [/^Wallclock/i, { timestampFrom: 'wall-clock' }],
];

/** Sources, operators over single records, and sinks. */
export const recordOperators: { readonly [op: string]: Translate } = {
  stream: (operator, into) => {
    const topics = operator.topics === undefined ? [textField(operator, 'topic')] : listField(operator, 'topics');
    const flows = topics.map((topic) => source(operator, String(topic), 'stream', {}, into));
    const [first] = flows;
    if (first === undefined) throw new Inexpressible('a stream of no topics');
    into.give(operator.id, flows.length === 1 ? first : merged(operator.id, flows, into));
  },
  table: (operator, into) => {
    const config = { rows: tableRows(operator), historyMs: numberField(operator, 'versionedHistoryMs', 0) };
    const flow = source(operator, textField(operator, 'topic'), 'table', config, into);
    into.give(operator.id, flow);
    noteStore(operator, flow, into);
  },
  globalTable: (operator, into) => {
    into.give(operator.id, source(operator, textField(operator, 'topic'), 'global', {}, into));
  },
  to: (operator, into) => {
    const topic = textField(operator, 'topic');
    sink(operator.id, { name: topic, topic, comparesHeaders: operator.headers === true }, into.flow(operator.in), into);
  },
  foreach: (operator, into) => {
    sink(operator.id, { name: operator.id, topic: operator.id, comparesHeaders: false }, into.flow(operator.in), into);
  },
  // What a side effect sees is written to a topic of its own, before what comes after it: the first child of a node that passes all.
  peek: (operator, into) => {
    const input = into.flow(operator.in);
    const id = into.node(operator.id, 'filter', { condition: 'true' }, { in: input });
    const flow = { ...input, end: `${id}.out` };
    sink(`${operator.id}-seen`, { name: operator.id, topic: operator.id, comparesHeaders: false }, flow, into);
    into.give(operator.id, flow);
  },
  filter: (operator, into) => filter(operator, (condition) => condition.text, into),
  filterNot: (operator, into) => filter(operator, (condition) => `!${textFor(condition, binding.unary)}`, into),
  mapValues: (operator, into) => {
    const input = into.flow(operator.in);
    const value = rewriteFunction(textField(operator, 'fn'), recordArguments(input));
    const id = into.node(operator.id, 'map', { value: value.text }, { in: input });
    into.give(operator.id, { ...input, end: `${id}.out`, value: value.type });
  },
  map: (operator, into) => {
    const input = into.flow(operator.in);
    const { key, value } = rewritePairFunction(textField(operator, 'fn'), recordArguments(input));
    const type = keyTypeOf(key, input);
    const config = { key: key.text, keyFormat: keyFormatOf(type), value: value.text };
    const id = into.node(operator.id, 'map', config, { in: input });
    into.give(operator.id, { ...input, end: `${id}.out`, key: type, value: value.type, windowed: false });
  },
  selectKey: (operator, into) => {
    const input = into.flow(operator.in);
    const key = rewriteFunction(textField(operator, 'fn'), recordArguments(input));
    const type = keyTypeOf(key, input);
    const config = { key: key.text, keyFormat: keyFormatOf(type) };
    const id = into.node(operator.id, 're-key', config, { in: input });
    into.give(operator.id, { ...input, end: `${id}.out`, key: type, windowed: false });
  },
  flatMapValues: (operator, into) => {
    const input = into.flow(operator.in);
    const items = rewriteFunction(textField(operator, 'fn'), recordArguments(input));
    const id = into.node(operator.id, 'flat-map', { items: items.text }, { in: input });
    const value: CaseType = items.type === 'texts' ? 'string' : 'unknown';
    into.give(operator.id, { ...input, end: `${id}.out`, value });
  },
  // The list's pairs become records whose key is the pair's first element; a map then leaves the second as the value.
  flatMap: (operator, into) => {
    const input = into.flow(operator.in);
    const { list, first } = rewritePairListFunction(textField(operator, 'fn'), recordArguments(input));
    const type = first === null ? into.keyType : keyTypeOf(first.key, input);
    const config = { items: list.text, key: 'value.at(0)', keyFormat: keyFormatOf(type) };
    const id = into.node(operator.id, 'flat-map', config, { in: input });
    const pairs = { ...input, end: `${id}.out`, windowed: false, key: type };
    const values = into.node(`${operator.id}-value`, 'map', { value: 'value.at(1)' }, { in: pairs });
    into.give(operator.id, { ...pairs, end: `${values}.out`, value: first?.value.type ?? 'unknown' });
  },
  split: (operator, into) => {
    const input = into.flow(operator.in);
    const given = [
      ...listField(operator, 'branches'),
      ...('defaultBranch' in operator ? [operator.defaultBranch] : []),
    ];
    const branches = given.map((branch) => (isObject(branch) ? branch : { id: String(branch) }));
    const conditioned = branches.filter((branch) => typeof branch.fn === 'string');
    const names = new Map(conditioned.map(({ id }, index) => [id, `branch-${index + 1}`]));
    const config = {
      branches: conditioned.map((branch) => ({
        name: names.get(branch.id),
        condition: rewriteFunction(textField(branch, 'fn'), recordArguments(input)).text,
      })),
      otherwise: conditioned.length < branches.length,
    };
    const id = into.node(operator.id, 'branch', config, { in: input });
    for (const branch of branches) {
      into.give(String(branch.id), { ...input, end: `${id}.${names.get(branch.id) ?? 'otherwise'}` });
    }
  },
  merge: (operator, into) => {
    into.give(
      operator.id,
      merged(
        operator.id,
        listField(operator, 'in').map((from) => into.flow(from)),
        into,
      ),
    );
  },
  repartition: (operator, into) => {
    const input = into.flow(operator.in);
    const config = { partitions: numberField(operator, 'partitions', 0) };
    const id = into.node(operator.id, 'repartition', config, { in: input });
    into.give(operator.id, { ...input, end: `${id}.out` });
  },
  toTable: (operator, into) => {
    const input = into.flow(operator.in);
    const id = into.node(operator.id, 'to-table', { rows: tableRows(operator) }, { in: input });
    const flow: Flow = { ...input, end: `${id}.out`, shape: 'table' };
    into.give(operator.id, flow);
    noteStore(operator, flow, into);
  },
  toStream: (operator, into) => {
    const input = into.flow(operator.in);
    const source = optionalText(operator, 'fn') ?? optionalText(operator, 'keyFn');
    const key = source === undefined ? null : rewriteFunction(source, recordArguments(input));
    const type = key === null ? input.key : keyTypeOf(key, input);
    const config = key === null ? {} : { key: key.text, keyFormat: keyFormatOf(type) };
    const id = into.node(operator.id, 'to-stream', config, { in: input });
    const windowed = key === null && input.windowed;
    into.give(operator.id, { ...input, end: `${id}.out`, shape: 'stream', key: type, windowed });
  },
};

/** The type of a new key; where nothing is known it is taken for one of the old. */
export function keyTypeOf(key: Written, input: Flow): CaseType {
  return key.type === 'unknown' || key.type === 'null' ? input.key : key.type;
}

/** Notes which node keeps the store that a case names. */
export function noteStore(operator: CaseOperator, flow: Flow, into: CaseTranslation): void {
  const store = optionalText(operator, 'store');
  if (store !== undefined) into.stores.set(store, flow.end.slice(0, flow.end.lastIndexOf('.')));
}

function source(
  operator: CaseOperator,
  topicName: string,
  readAs: Flow['shape'],
  config: { readonly [name: string]: unknown },
  into: CaseTranslation,
): Flow {
  const topic = into.topic(topicName);
  const id = into.node(operator.id, 'source', {
    topic: topic.name,
    readAs,
    keyFormat: keyFormatOf(topic.key),
    ...timestamps(operator, into),
    ...config,
  });
  return { end: `${id}.out`, shape: readAs, key: topic.key, value: into.valueType, windowed: false };
}

function timestamps(operator: CaseOperator, into: CaseTranslation): { readonly [name: string]: unknown } {
  const extractor =
    optionalText(operator, 'extractor') ?? optionalText(into.case.topology.config ?? {}, 'default.timestamp.extractor');
  if (extractor === undefined) return {};
  const named = extractors.find(([name]) => name.test(extractor.slice(extractor.lastIndexOf('.') + 1)));
  if (named !== undefined) return named[1];
  // Kafka Streams passes over a record for which an extractor of one's own gives a negative time.
  const expression = rewriteFunction(extractor, [atom('value', into.valueType)]);
  return { timestampFrom: 'expression', timestampExpression: expression.text, invalidTimestamp: 'skip' };
}

function tableRows(operator: CaseOperator): 'kept' | 'when-needed' {
  return operator.store === undefined && operator.versionedHistoryMs === undefined ? 'when-needed' : 'kept';
}

function filter(operator: CaseOperator, write: (condition: Written) => string, into: CaseTranslation): void {
  const input = into.flow(operator.in);
  const condition = write(rewriteFunction(textField(operator, 'fn'), recordArguments(input)));
  const id = into.node(operator.id, 'filter', { condition }, { in: input });
  into.give(operator.id, { ...input, end: `${id}.out` });
}

function merged(name: string, flows: readonly Flow[], into: CaseTranslation): Flow {
  const [first] = flows;
  if (first === undefined) throw new Inexpressible('a merge of nothing');
  const inputs = Object.fromEntries(flows.map((flow, index) => [`in-${index + 1}`, flow]));
  const id = into.node(name, 'merge', { inputs: flows.length }, inputs);
  return { ...first, end: `${id}.out` };
}

function sink(
  id: string,
  {
    name,
    topic,
    comparesHeaders,
  }: { readonly name: string; readonly topic: string; readonly comparesHeaders: boolean },
  input: Flow,
  into: CaseTranslation,
): void {
  const node = into.node(id, 'sink', { topic, partitions: 1 }, { in: input });
  into.sinks.push({ name, node, topic, comparesHeaders });
}
