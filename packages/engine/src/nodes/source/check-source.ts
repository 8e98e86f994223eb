import { formatValueType, type RootTypes, type ValueType } from '@millrace/expression';
import { closestName } from '../../pipeline/closest-name.ts';
import { parseTimestamp } from '../../time/timestamp-text.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { mayHaveKeyFormat } from '../key-format-guess.ts';
import { checkExpression, headersType, numberType } from '../node-expression.ts';
import type { CheckContext } from '../node-kind.ts';
import type { SourceConfig } from './source-config.ts';

/** Reports what is wrong with what a source reads. */
export function checkTopic(settings: SourceConfig, topic: CatalogueTopic | undefined, context: CheckContext): void {
  if (settings.topic === '') {
    context.report({ code: 'missing-topic', path: ['topic'], message: 'Choose the topic to read.' });
    return;
  }
  if (topic === undefined) {
    const closest = context.closestTopic(settings.topic);
    context.report({
      code: 'unknown-topic',
      path: ['topic'],
      message: `There is no topic ${settings.topic}. ${closest === null ? 'Create it, or choose another.' : `The closest is ${closest}.`}`,
      ...(closest === null ? {} : { fix: { title: `Use ${closest}`, value: closest } }),
    });
    return;
  }
  if (!mayHaveKeyFormat(topic, settings.keyFormat)) {
    context.report({
      code: 'key-format',
      severity: 'warning',
      path: ['keyFormat'],
      message: `The keys of ${settings.topic} look like the format ${topic.keyFormat}, not ${settings.keyFormat}.`,
      fix: { title: `Use ${topic.keyFormat}`, value: topic.keyFormat },
    });
  }
}

function checkTimestampField(settings: SourceConfig, topic: CatalogueTopic | undefined, context: CheckContext): void {
  if (settings.timestampField.trim() === '') {
    context.report({
      code: 'missing-field',
      path: ['timestampField'],
      message: 'Name the field that holds the event time.',
    });
    return;
  }
  const type = topic?.value;
  if (type === undefined || type.kind !== 'object') return;
  const [first = '', ...inner] = settings.timestampField.split('.');
  const known = type.fields.find((candidate) => candidate.name === first);
  if (known === undefined) {
    if (type.open) return;
    const closest = closestName(
      first,
      type.fields.map((candidate) => candidate.name),
    );
    const better = closest === null ? null : [closest, ...inner].join('.');
    context.report({
      code: 'unknown-field',
      path: ['timestampField'],
      message: `${settings.topic} has no field ${first}.${closest === null ? '' : ` The closest is ${closest}.`}`,
      ...(better === null ? {} : { fix: { title: `Use ${better}`, value: better } }),
    });
    return;
  }
  if (inner.length > 0) return;
  const latest = topic?.latest[0]?.value;
  const value =
    typeof latest === 'object' && latest !== null && Object.hasOwn(latest, settings.timestampField)
      ? (latest as Record<string, unknown>)[settings.timestampField]
      : undefined;
  const isTime =
    value === undefined || typeof value === 'number' || (typeof value === 'string' && parseTimestamp(value) !== null);
  if (!isTime) {
    context.report({
      code: 'not-a-time',
      path: ['timestampField'],
      message: `${settings.timestampField} holds ${JSON.stringify(value).slice(0, 40)}, which is neither epoch milliseconds nor a date.`,
    });
  }
}

/** The roots of an expression that gives the event time. */
export function timestampRoots(key: ValueType, value: ValueType): RootTypes {
  return { key, value, timestamp: numberType, headers: headersType };
}

/** Reports what is wrong with where the event time comes from. */
export function checkEventTime(
  settings: SourceConfig,
  topic: CatalogueTopic | undefined,
  roots: RootTypes,
  context: CheckContext,
): void {
  if (settings.timestampFrom === 'field') {
    if (settings.valueFormat === 'json') checkTimestampField(settings, topic, context);
    else {
      context.report({
        code: 'value-format',
        path: ['timestampFrom'],
        message: `A value in the format ${settings.valueFormat} has no fields. Take the event time from the record or from an expression.`,
        fix: { title: 'Use the record’s timestamp', value: 'record' },
      });
    }
  }
  if (settings.timestampFrom !== 'expression') return;
  const type = checkExpression(settings.timestampExpression, ['timestampExpression'], roots, context, {
    missing: 'Say what the event time is, for example value.seconds * 1000.',
    inputName: settings.topic,
  });
  const members = type.kind === 'union' ? type.members : [type];
  const isNoTime = members.every(
    ({ kind }) => kind !== 'unknown' && kind !== 'number' && kind !== 'string' && kind !== 'never',
  );
  if (!isNoTime) return;
  context.report({
    code: 'not-a-time',
    path: ['timestampExpression'],
    message: `This gives ${formatValueType(type).slice(0, 100)}, and an event time is epoch milliseconds or the text of a date.`,
  });
}

/** Reports a setting of a global table that has no meaning for it. */
export function checkGlobalTable(settings: SourceConfig, context: CheckContext): void {
  if (settings.readAs !== 'global' || settings.historyMs === 0) return;
  context.report({
    code: 'no-history',
    severity: 'warning',
    path: ['historyMs'],
    message: 'A global table keeps the latest row of each key alone: its history is not used.',
    fix: { title: 'Use 0', value: 0 },
  });
}
