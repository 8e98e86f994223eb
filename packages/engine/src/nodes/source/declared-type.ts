import { formatValueType, parseValueType, typesOverlap, type ValueType, writeValueType } from '@millrace/expression';
import { closestName } from '../../pipeline/closest-name.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import type { CheckContext } from '../node-kind.ts';
import type { SourceConfig } from './source-config.ts';

/** The type that was written down for a source's values; null where none was, or it cannot be read. */
export function declaredType({ schema, valueFormat }: SourceConfig): ValueType | null {
  if (schema.trim() === '' || valueFormat !== 'json') return null;
  const read = parseValueType(schema);
  return read.ok ? read.type : null;
}

/** Reports what is wrong with the type that was written down, and where the topic's records say something else. */
export function checkDeclaredType(
  settings: SourceConfig,
  topic: CatalogueTopic | undefined,
  context: CheckContext,
): void {
  if (settings.schema.trim() === '' || settings.valueFormat !== 'json') return;
  const read = parseValueType(settings.schema);
  if (!read.ok) {
    context.report({
      code: 'declared-type',
      path: ['schema'],
      span: { start: read.start, end: read.end },
      message: read.message,
    });
    return;
  }
  const sampled = topic?.value;
  if (topic === undefined || sampled === undefined || sampled.kind === 'unknown') return;
  const difference = differenceOf(read.type, sampled, topic.name);
  if (difference === null) return;
  context.report({
    code: 'declared-type',
    severity: 'warning',
    path: ['schema'],
    message: difference,
    fix: { title: 'Use the type of the records', value: writeValueType(sampled) },
  });
}

/** The first thing in which the records seen so far contradict the type; null where they fit. */
function differenceOf(declared: ValueType, sampled: ValueType, topic: string): string | null {
  if (declared.kind !== 'object' || sampled.kind !== 'object') {
    if (typesOverlap(declared, sampled)) return null;
    return `The records of ${topic} seen so far are ${formatValueType(sampled)}, and the type says ${formatValueType(declared)}.`;
  }
  for (const field of declared.fields) {
    const found = sampled.fields.find(({ name }) => name === field.name);
    if (found === undefined) {
      if (sampled.open || field.optional) continue;
      const closest = closestName(
        field.name,
        sampled.fields.map(({ name }) => name),
      );
      return `No record of ${topic} seen so far has a field ${field.name}.${closest === null ? '' : ` The closest is ${closest}.`}`;
    }
    if (!typesOverlap(field.type, found.type)) {
      return `${field.name} is ${formatValueType(found.type)} in the records of ${topic} seen so far, and the type says ${formatValueType(field.type)}.`;
    }
  }
  return null;
}
