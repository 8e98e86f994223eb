import { formatValueType, type ValueType } from '@millrace/expression';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { mayHaveKeyFormat } from '../key-format-guess.ts';
import { checkExpression, recordRoots } from '../node-expression.ts';
import type { CheckContext } from '../node-kind.ts';
import type { SinkConfig } from './sink-config.ts';
import { writtenKeys } from './written-keys.ts';

/** As Kafka has it; `.` and `..` alone are no names. */
const topicName = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** Reports what is wrong with where a sink writes. */
export function checkTopic(settings: SinkConfig, context: CheckContext): void {
  if (settings.topic === '') {
    context.report({ code: 'missing-topic', path: ['topic'], message: 'Name the topic to write.' });
  } else if (!topicName.test(settings.topic)) {
    context.report({
      code: 'topic-name',
      path: ['topic'],
      message: 'The name of a topic has 1 to 249 letters, digits, dots, underscores and hyphens.',
    });
  }
  const topic = context.catalogue.topic(settings.topic);
  if (topic !== undefined) checkExistingTopic(settings, topic, context);
}

/** A topic that is there keeps its partitions and its keys: what the sink says differently has no effect, or spoils it for readers. */
function checkExistingTopic(settings: SinkConfig, topic: CatalogueTopic, context: CheckContext): void {
  const input = context.inputs.get('in');
  const keys = input === undefined ? null : writtenKeys(settings, input);
  const format =
    keys === null ? null : keys.window === 'json' ? 'json' : keys.window === 'kafka' ? 'bytes' : keys.format;
  if (format !== null && !mayHaveKeyFormat(topic, format)) {
    context.report({
      code: 'key-format',
      severity: 'warning',
      path: ['topic'],
      message: `The keys of ${topic.name} look like the format ${topic.keyFormat}, and this writes the format ${format}. Whoever reads the topic could not tell them apart. Write another topic, or give ${context.inputName('in')} keys of that format.`,
    });
  }
  if (settings.partitions !== topic.partitions) {
    context.report({
      code: 'partitions',
      severity: 'note',
      path: ['partitions'],
      message: `${topic.name} is there already, and its count of partitions stays ${topic.partitions}: this number is not used.`,
      fix: { title: `Use ${topic.partitions}`, value: topic.partitions },
    });
  }
}

/** Reports what is wrong with the expressions that say what is written. */
export function checkRecord(settings: SinkConfig, context: CheckContext): void {
  const input = context.inputs.get('in');
  if (isGiven(settings.key)) checkKeyExpression(settings.key, ['key'], settings.keyFormat, input, context);
  const value = isGiven(settings.value) ? check(settings.value, ['value'], context) : input?.value;
  if (settings.valueFormat !== 'json' && value !== undefined) checkText(settings.valueFormat, value, context);
  if (isGiven(settings.timestamp)) {
    expectKinds(check(settings.timestamp, ['timestamp'], context), ['number', 'string'], ['timestamp'], {
      code: 'not-a-time',
      wanted: 'a timestamp is epoch milliseconds or the text of a date',
      context,
    });
  }
  if (isGiven(settings.partition)) {
    expectKinds(check(settings.partition, ['partition'], context), ['number', 'null'], ['partition'], {
      code: 'not-a-partition',
      wanted: 'a partition is a whole number, or null to go by the key',
      context,
    });
  }
  checkHeaders(settings, context);
}

function checkHeaders({ headers }: SinkConfig, context: CheckContext): void {
  const names = new Set<string>();
  for (const [index, { name, value }] of headers.entries()) {
    if (names.has(name)) {
      context.report({
        code: 'duplicate-name',
        path: ['headers', index, 'name'],
        message: `Two headers are called ${name}. Give one of them another name.`,
      });
    }
    names.add(name);
    check(value, ['headers', index, 'value'], context, `Say what the header ${name} holds, for example value.origin.`);
  }
}

function checkText(format: 'text' | 'bytes', value: ValueType, context: CheckContext): void {
  expectKinds(value, ['string', 'null'], ['valueFormat'], {
    code: 'value-format',
    wanted: `the value format ${format} takes ${format === 'text' ? 'text' : 'text in base64'}`,
    context,
  });
}

function isGiven(expression: string): boolean {
  return expression.trim() !== '';
}

function check(expression: string, path: readonly (string | number)[], context: CheckContext, missing = ''): ValueType {
  const input = context.inputs.get('in');
  return checkExpression(expression, path, recordRoots(input), context, {
    missing,
    inputName: context.inputName('in'),
  });
}

/** Reports a type of which nothing fits as an error, and one of which not all fits as a warning. */
function expectKinds(
  type: ValueType,
  kinds: readonly ValueType['kind'][],
  path: readonly string[],
  { code, wanted, context }: { readonly code: string; readonly wanted: string; readonly context: CheckContext },
): void {
  const members = type.kind === 'union' ? type.members : [type];
  const misfits = members.filter(({ kind }) => kind !== 'unknown' && kind !== 'never' && !kinds.includes(kind));
  if (misfits.length === 0) return;
  const isCertain = misfits.length === members.length;
  context.report({
    code,
    severity: isCertain ? 'error' : 'warning',
    path,
    message: `This ${isCertain ? 'is' : 'may be'} ${misfits.map(formatValueType).join(' or ').slice(0, 100)}, and ${wanted}.`,
  });
}
