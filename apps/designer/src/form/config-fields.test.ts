import { nodeKinds } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { configFields, isShown, newItem } from './config-fields.ts';

describe('configFields', () => {
  it('finds every field of every kind, with a label, a help and a widget', () => {
    for (const kind of Object.values(nodeKinds)) {
      const fields = configFields(kind.config);
      const names = fields.map((field) => field.name);
      expect(names, kind.name).toEqual(Object.keys(kind.config.shape));
      expect(names, kind.name).toEqual(expect.arrayContaining(Object.keys(kind.initialConfig())));
      for (const field of fields) {
        expect(field.meta.label, `${kind.name}.${field.name}`).not.toBe('');
        expect(field.meta.help, `${kind.name}.${field.name}`).not.toBe('');
        if (field.meta.widget === 'list') expect(field.items, `${kind.name}.${field.name}`).not.toEqual([]);
      }
    }
  });

  it('reads choices and bounds through defaults', () => {
    const [topic, readAs] = configFields(nodeKinds.source.config);
    expect(topic?.meta.widget).toBe('topic');
    expect(readAs?.options).toEqual(expect.arrayContaining(['stream', 'table']));
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

  it('makes a new item of a list that its own schema takes, but for what has to be said', () => {
    for (const kind of Object.values(nodeKinds)) {
      for (const field of configFields(kind.config)) {
        if (field.meta.widget !== 'list') continue;
        const item = newItem(field.items, field.meta.itemName ?? 'item', []);
        expect(Object.keys(item), `${kind.name}.${field.name}`).toEqual(field.items.map(({ name }) => name));
      }
    }
  });

  it('gives none for what is no object schema', () => {
    expect(configFields({})).toEqual([]);
  });
});
