import type { ValueType } from '@millrace/expression';
import { type SourceRequest, streamFlow } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import type { TimestampSource } from '../../topology/topology.ts';
import { numberType, stringType, unknownType } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';
import { checkEventTime, checkGlobalTable, checkTopic, timestampRoots } from './check-source.ts';
import { checkDeclaredType, declaredType } from './declared-type.ts';
import { type SourceConfig, sourceConfig } from './source-config.ts';
import { planVersionedTable } from './versioned-table-processor.ts';

export type { SourceConfig } from './source-config.ts';

export const source: NodeKind<SourceConfig> = {
  name: 'source',
  title: 'Source',
  summary: 'Reads a topic as a stream or as a table.',
  prose: `Reads every record of a topic, each partition in order, and gives it its event time: that of the record, a field, an expression, or the clock at the moment of reading. Event time from the clock is another in every run, so results are too.

A record whose key or value cannot be read fails here: by default it goes to the dead-letter topic with its bytes and the reason, and the next record is read. The same happens to one that has no valid event time, unless it shall be dropped, or get the greatest event time that its partition has had so far; that time is kept over restarts, and the first record of a partition still fails.

Read as a table, the latest value of each key is kept in a store that other nodes can join with. Records without a key are dropped and counted. Rows change in the order of the topic, even where a record is older than the row. With a history, the rows of the past are kept too, each for its time.

Read as a global table, every worker keeps a whole copy of the topic. It is read to its end before any task starts, and a change of it makes no output: it changes what later records find. It is part of no commit.`,
  example: {
    config: {
      ...sourceConfig.parse({ topic: 'flights' }),
      timestampFrom: 'field',
      timestampField: 'date',
    },
    says: 'Reads the topic flights; the event time of a flight is its scheduled date.',
  },
  category: 'source',
  config: sourceConfig,
  initialConfig: () => ({
    topic: '',
    readAs: 'stream',
    keyFormat: 'string',
    timestampFrom: 'record',
    timestampField: '',
  }),
  inputs: () => [],
  outputs: ({ readAs }) => [
    { name: 'out', title: readAs === 'stream' ? 'Stream' : readAs === 'table' ? 'Table' : 'Global table' },
  ],
  check: (settings, context) => {
    const topic = context.catalogue.topic(settings.topic);
    const type = typeOf(settings, topic);
    checkTopic(settings, topic, context);
    checkDeclaredType(settings, topic, context);
    checkEventTime(settings, topic, timestampRoots(type.key, type.value), context);
    checkGlobalTable(settings, context);
    return new Map([['out', type]]);
  },
  expressions: (settings) => [
    {
      path: ['timestampExpression'],
      roots: timestampRoots(keyType(settings, undefined), valueType(settings, undefined)),
    },
  ],
  partitioning: (settings, { catalogue }) => ({ origin: catalogue.topic(settings.topic) ?? null }),
  plan: (settings, planner) => {
    const request = requestOf(settings);
    switch (settings.readAs) {
      case 'stream':
        planner.output('out', planner.source({ ...request, role: 'main' }));
        return;
      case 'global':
        planner.output('out', {
          ...streamFlow,
          from: '',
          port: 'out',
          shape: 'global',
          keyFormat: settings.keyFormat,
          mustRepartition: false,
          globalTable: planner.globalTable(request),
        });
        return;
      case 'table': {
        const records = planner.source({ ...request, role: 'before' });
        if (settings.historyMs > 0) {
          planner.output('out', planVersionedTable(planner, records, settings));
          return;
        }
        const demand = planner.demand('out');
        const isKept = settings.rows === 'kept' || demand.old === 'must' || demand.rows;
        const store = isKept
          ? planner.store({
              role: 'store',
              kind: 'key-value',
              keyFormat: settings.keyFormat,
              view: { as: 'value' },
              signature: ['table', settings.topic],
            })
          : null;
        const table = planner.processor({
          processor: 'table',
          config: { store },
          stores: store === null ? [] : [store],
          inputs: { in: records },
        });
        planner.output('out', { ...table, shape: 'table', rows: isKept ? table.from : null, sendsOld: isKept });
        return;
      }
    }
  },
};

function requestOf(settings: SourceConfig): Omit<SourceRequest, 'role'> {
  const { topic, keyFormat, valueFormat, bigIntegers, invalidTimestamp } = settings;
  return {
    topic,
    keyFormat,
    timestamp: timestampOf(settings),
    ...(valueFormat === 'json' ? {} : { valueFormat }),
    ...(bigIntegers === 'error' ? {} : { bigIntegers }),
    ...(invalidTimestamp === 'fail' ? {} : { invalidTimestamp }),
  };
}

function timestampOf({ timestampFrom, timestampField, timestampExpression }: SourceConfig): TimestampSource {
  switch (timestampFrom) {
    case 'field':
      return { from: 'field', path: timestampField.split('.') };
    case 'expression':
      return { from: 'expression', expression: timestampExpression };
    default:
      return { from: timestampFrom };
  }
}

function typeOf(settings: SourceConfig, topic: CatalogueTopic | undefined): PortType {
  return {
    shape: settings.readAs,
    keyFormat: settings.keyFormat,
    key: keyType(settings, topic),
    windowed: false,
    ...(settings.readAs === 'table' && settings.historyMs > 0 ? { versionedMs: settings.historyMs } : {}),
    value: valueType(settings, topic),
  };
}

function valueType(settings: SourceConfig, topic: CatalogueTopic | undefined): ValueType {
  return settings.valueFormat === 'json' ? (declaredType(settings) ?? topic?.value ?? unknownType) : stringType;
}

function keyType(settings: SourceConfig, topic: CatalogueTopic | undefined): PortType['key'] {
  switch (settings.keyFormat) {
    case 'string':
    case 'bytes':
      return stringType;
    case 'json':
      return topic?.keyFormat === 'json' ? topic.key : unknownType;
    default:
      return numberType;
  }
}
