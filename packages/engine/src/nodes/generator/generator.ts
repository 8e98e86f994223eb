import { unionOf, type ValueType } from '@millrace/expression';
import type { KeyFormat } from '../../log/key-format.ts';
import { closestName } from '../../pipeline/closest-name.ts';
import type { PortType } from '../../topology/port-type.ts';
import { booleanType, numberType, stringType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import { type GeneratedField, type GeneratorConfig, generatorConfig } from './generator-config.ts';
import { nexmarkType } from './nexmark-type.ts';

const nullType: ValueType = { kind: 'null' };

/** So long a text is, at the most. */
const lettersMax = 10_000;

export const generator: NodeKind<GeneratorConfig> = {
  name: 'generator',
  title: 'Generator',
  summary: 'Makes records by itself, the same for the same seed.',
  prose: `Makes records without a topic, to try a pipeline out or to measure it. Each record follows from the settings and its number alone: the same settings give the same records, every time and on every machine, and a restart goes on exactly where the last commit stood.

Event time starts where you say and advances by the same interval with every record. Some records may be out of order (they happened a little earlier), late (long before), repeated, or without a key; which ones is drawn by the seed.

While the pipeline is deployed, so many records a second come as you say, counted from the start of its worker. A run on the command line takes as many as you say there, or all where their number is set.

Records are dealt to the partitions in turn, not by key. With several partitions, a node that needs equal keys together first moves them through an internal topic.`,
  example: {
    config: {
      ...generatorConfig.parse({}),
      fields: [
        field({ name: 'order', kind: 'sequence', min: 1 }),
        field({ name: 'customer', kind: 'choice', choices: ['ann', 'bob', 'cem'] }),
        field({ name: 'amount', kind: 'number', min: 1, max: 200 }),
      ],
      keyField: 'customer',
      perSecond: 10,
    },
    says: 'Makes ten orders a second, of three customers.',
  },
  category: 'source',
  config: generatorConfig,
  initialConfig: () => ({
    model: 'fields',
    fields: [
      { name: 'id', kind: 'sequence', min: 1 },
      { name: 'user', kind: 'choice', choices: ['ann', 'bob', 'cem'] },
      { name: 'amount', kind: 'integer', min: 1, max: 100 },
    ],
    keyField: 'user',
    perSecond: 10,
  }),
  inputs: () => [],
  outputs: () => [{ name: 'out', title: 'Generated' }],
  check: (settings, context) => {
    if (settings.model === 'nexmark') return new Map([['out', nexmarkPort]]);
    checkFields(settings, context);
    const keyField = settings.fields.find(({ name }) => name === settings.keyField);
    const type: PortType = {
      shape: 'stream',
      keyFormat: settings.keyFormat,
      key: settings.keyField === '' ? nullType : keyType(settings, keyField),
      windowed: false,
      value: {
        kind: 'object',
        open: false,
        fields: settings.fields.map((one) => ({ name: one.name, type: typeOf(one), optional: false })),
      },
    };
    return new Map([['out', type]]);
  },
  expressions: () => [],
  partitioning: (settings) => ({
    origin: { name: 'The generator', partitions: settings.partitions },
    newKey: isDealtAgainstKeys(settings) ? settings.keyField || 'key' : null,
  }),
  plan: (settings, planner) => {
    const { partitions } = settings;
    const flow = planner.source({
      topic: '',
      keyFormat: settings.model === 'nexmark' ? nexmarkPort.keyFormat : settings.keyFormat,
      timestamp: { from: 'record' },
      generator: { partitions, config: settings },
      role: 'main',
    });
    planner.output('out', { ...flow, mustRepartition: isDealtAgainstKeys(settings) });
  },
};

const nexmarkPort: PortType = {
  shape: 'stream',
  keyFormat: 'string',
  key: stringType,
  windowed: false,
  value: nexmarkType,
};

/** Whether equal keys may be in different partitions. */
export function isDealtAgainstKeys({ partitions, model, keyField }: GeneratorConfig): boolean {
  return partitions > 1 && (model === 'nexmark' || keyField !== '');
}

function field(given: Pick<GeneratedField, 'name' | 'kind'> & Partial<GeneratedField>): GeneratedField {
  return { min: 0, max: 100, choices: [], nullShare: 0, ...given };
}

function typeOf({ kind, nullShare }: GeneratedField): ValueType {
  const type = kind === 'boolean' ? booleanType : kind === 'choice' || kind === 'text' ? stringType : numberType;
  return nullShare === 0 ? type : unionOf(type, nullType);
}

function keyType({ nullKeyShare }: GeneratorConfig, keyField: GeneratedField | undefined): ValueType {
  if (keyField === undefined) return { kind: 'unknown' };
  const type = typeOf(keyField);
  return nullKeyShare === 0 ? type : unionOf(type, nullType);
}

function checkFields(settings: GeneratorConfig, context: CheckContext): void {
  if (settings.fields.length === 0) {
    context.report({ code: 'missing-field', path: ['fields'], message: 'Say which fields a record has.' });
  }
  const names = new Set<string>();
  for (const [index, one] of settings.fields.entries()) {
    if (names.has(one.name)) {
      context.report({
        code: 'duplicate-name',
        path: ['fields', index, 'name'],
        message: `Two fields are called ${one.name}. Give one of them another name.`,
      });
    }
    names.add(one.name);
    checkField(one, index, context);
  }
  checkKey(settings, names, context);
}

function checkField(one: GeneratedField, index: number, context: CheckContext): void {
  const { kind, min, max, choices, name } = one;
  if (kind === 'choice' && choices.length === 0) {
    context.report({
      code: 'missing-choices',
      path: ['fields', index, 'choices'],
      message: `Say what ${name} can be: the list is empty.`,
    });
  }
  if (kind === 'integer' || kind === 'number' || kind === 'text') {
    if (min > max) {
      context.report({
        code: 'range',
        path: ['fields', index, 'max'],
        message: `${name} goes from ${min} to ${max}, and there is nothing between. Make the second at least ${min}.`,
        fix: { title: `Use ${min}`, value: min },
      });
    }
  }
  if (kind === 'text' && (min < 0 || max > lettersMax)) {
    context.report({
      code: 'range',
      path: ['fields', index, min < 0 ? 'min' : 'max'],
      message: `A text has from 0 to ${lettersMax} letters.`,
      fix: min < 0 ? { title: 'Use 0', value: 0 } : { title: `Use ${lettersMax}`, value: lettersMax },
    });
  }
  if (kind === 'integer' || kind === 'sequence' || kind === 'text') {
    for (const [bound, value] of [
      ['min', min],
      ['max', max],
    ] as const) {
      if (Number.isInteger(value) || (kind === 'sequence' && bound === 'max')) continue;
      context.report({
        code: 'range',
        path: ['fields', index, bound],
        message: `${name} takes whole numbers, and ${value} is none.`,
        fix: { title: `Use ${Math.round(value)}`, value: Math.round(value) },
      });
    }
  }
}

function checkKey(settings: GeneratorConfig, names: ReadonlySet<string>, context: CheckContext): void {
  const { keyField, keyFormat, fields } = settings;
  if (keyField === '') return;
  const keyed = fields.find(({ name }) => name === keyField);
  if (keyed === undefined) {
    const closest = closestName(keyField, [...names]);
    context.report({
      code: 'unknown-field',
      path: ['keyField'],
      message: `There is no field ${keyField} to take the key from.${closest === null ? '' : ` The closest is ${closest}.`}`,
      ...(closest === null ? {} : { fix: { title: `Use ${closest}`, value: closest } }),
    });
    return;
  }
  const formats = formatsOf(keyed);
  if (formats.includes(keyFormat)) return;
  const [best = 'json'] = formats;
  context.report({
    code: 'key-format',
    path: ['keyFormat'],
    message: `The field ${keyField} holds ${inWords(keyed)}, which the key format ${keyFormat} cannot write. Use ${formats.join(' or ')}.`,
    fix: { title: `Use ${best}`, value: best },
  });
}

/** The key formats that take every value of a field, the most fitting first. */
function formatsOf({ kind, min, max }: GeneratedField): readonly KeyFormat[] {
  switch (kind) {
    case 'choice':
    case 'text':
      return ['string', 'json'];
    case 'boolean':
      return ['json'];
    case 'number':
      return ['double', 'json'];
    case 'integer':
      return min >= -(2 ** 31) && max < 2 ** 31 ? ['int64', 'int32', 'double', 'json'] : ['int64', 'double', 'json'];
    case 'sequence':
    case 'time':
      return ['int64', 'double', 'json'];
  }
}

function inWords({ kind }: GeneratedField): string {
  if (kind === 'boolean') return 'true or false';
  return kind === 'choice' || kind === 'text' ? 'text' : 'numbers';
}
