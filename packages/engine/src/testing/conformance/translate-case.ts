import type { ErrorPolicy } from '../../pipeline/pipeline-settings.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { untypedTopic } from '../topology-test-driver.ts';
import { aggregateOperators } from './aggregate-operators.ts';
import { type CaseSink, CaseTranslation } from './case-translation.ts';
import { keyFormatOf } from './case-type.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { joinOperators } from './join-operators.ts';
import { numberField } from './operator-fields.ts';
import { recordOperators, type Translate } from './record-operators.ts';

/** A case as a pipeline, with what it takes to run it and to read what it gives. */
export interface TranslatedCase {
  /** A pipeline document as it would stand in a file. */
  readonly document: { readonly [name: string]: unknown };
  /** The topics that it reads. */
  readonly topics: readonly CatalogueTopic[];
  readonly sinks: readonly CaseSink[];
  /** The topic of a sink that the case has not, since a pipeline must write something; null where the case has sinks. */
  readonly addedSink: string | null;
  /** By the name of a store in the case, the node that keeps it. */
  readonly stores: ReadonlyMap<string, string>;
}

const operators: { readonly [op: string]: Translate } = { ...recordOperators, ...aggregateOperators, ...joinOperators };

/** Operators that run code of one's own against a store, which no pipeline holds. */
const codeOperators = new Set(['process', 'processValues', 'punctuate', 'transformValues', 'print']);

/** Settings of Kafka Streams that are settings of a pipeline. */
const settingNames: { readonly [config: string]: 'cacheBytes' | 'emitIntervalMs' | 'maxIdleMs' } = {
  'statestore.cache.max.bytes': 'cacheBytes',
  'cache.max.bytes.buffering': 'cacheBytes',
  '__emit.interval.ms.kstreams.windowed.aggregation__': 'emitIntervalMs',
  '__emit.interval.ms.kstreams.outer.join.spurious.results.fix__': 'emitIntervalMs',
  'max.task.idle.ms': 'maxIdleMs',
};

/** Settings that must not change a result, or say when to commit where the case says it, and one that each source reads for itself. */
const passedOver = new Set([
  'topology.optimization',
  'processing.guarantee',
  'commit.interval.ms',
  'application.id',
  'num.stream.threads',
  'default.timestamp.extractor',
]);

/** Settings that say what becomes of a record that cannot be read, or on which a node fails. */
const handlers: { readonly [config: string]: 'source' | 'processor' } = {
  'deserialization.exception.handler': 'source',
  'default.deserialization.exception.handler': 'source',
  'processing.exception.handler': 'processor',
};

/**
 * The pipeline of a dataflow case.
 * @throws Inexpressible when no pipeline can say it
 */
export function translateCase(conformanceCase: ConformanceCase): TranslatedCase {
  const into = new CaseTranslation(conformanceCase);
  for (const operator of conformanceCase.topology.nodes ?? []) {
    if (codeOperators.has(operator.op)) {
      throw new Inexpressible(`code of one's own (${operator.op}) is left out`);
    }
    const translate = Object.hasOwn(operators, operator.op) ? operators[operator.op] : undefined;
    if (translate === undefined) throw new Inexpressible(`the operator ${operator.op} is not known`);
    translate(operator, into);
  }
  const addedSink = into.nodes.some(({ kind }) => kind === 'sink') ? null : 'conformance-results';
  if (addedSink !== null) into.node(addedSink, 'sink', { topic: addedSink, partitions: 1 }, { in: into.lastFlow });
  const { settings, policies } = settingsOf(conformanceCase);
  const nodes = into.nodes.map((node) => {
    const errorPolicy = policies[node.kind === 'source' ? 'source' : 'processor'];
    return errorPolicy === 'fail' ? node : { ...node, errorPolicy };
  });
  return {
    document: {
      formatVersion: 1,
      id: 'conformance',
      name: conformanceCase.id.slice(0, 120),
      nodes,
      edges: into.edges,
      settings: { errorPolicy: 'fail', ...settings },
    },
    topics: [...into.topics.values()].map(({ name, key }) => untypedTopic(name, 1, keyFormatOf(key))),
    sinks: into.sinks,
    addedSink,
    stores: into.stores,
  };
}

function settingsOf({ topology }: ConformanceCase): {
  readonly settings: { readonly [name: string]: number };
  readonly policies: { readonly source: ErrorPolicy; readonly processor: ErrorPolicy };
} {
  const settings: { [name: string]: number } = {};
  const policies: { source: ErrorPolicy; processor: ErrorPolicy } = { source: 'fail', processor: 'fail' };
  const config = topology.config ?? {};
  for (const [name, value] of Object.entries(config)) {
    const setting = settingNames[name];
    const handler = handlers[name];
    if (setting !== undefined) settings[setting] = numberField(config, name);
    else if (handler !== undefined) policies[handler] = /continue|resume/i.test(String(value)) ? 'skip' : 'fail';
    else if (!passedOver.has(name)) throw new Inexpressible(`the setting ${name} is not known`);
  }
  return { settings, policies };
}
