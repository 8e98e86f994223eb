import { nodeKinds } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { configFields, isShown } from './config-fields.ts';

describe('configFields', () => {
  it('finds every field of every kind, with a label, a help and a widget', () => {
    for (const kind of Object.values(nodeKinds)) {
      const fields = configFields(kind.config);
      expect(
        fields.map((field) => field.name),
        kind.name,
      ).toEqual(Object.keys(kind.initialConfig()));
      for (const field of fields) {
        expect(field.meta.label, `${kind.name}.${field.name}`).not.toBe('');
        expect(field.meta.help, `${kind.name}.${field.name}`).not.toBe('');
      }
    }
  });

  it('reads choices and bounds through defaults', () => {
    const [topic, readAs] = configFields(nodeKinds.source.config);
    expect(topic?.meta.widget).toBe('topic');
    expect(readAs?.options).toEqual(['stream', 'table']);
    const partitions = configFields(nodeKinds.sink.config).find((field) => field.name === 'partitions');
    expect([partitions?.min, partitions?.max]).toEqual([1, 1000]);
  });

  it('shows a field only while another has the value that it goes with', () => {
    const field = configFields(nodeKinds.source.config).find((candidate) => candidate.name === 'timestampField');
    if (field === undefined) throw new Error('source has no timestampField');
    expect(isShown(field, { timestampFrom: 'field' })).toBe(true);
    expect(isShown(field, { timestampFrom: 'record' })).toBe(false);
    expect(isShown(field, {})).toBe(false);
  });

  it('gives none for what is no object schema', () => {
    expect(configFields({})).toEqual([]);
  });
});
