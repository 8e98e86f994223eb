// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates are those of the cases' functions.
import { describe, expect, it } from 'vitest';
import { readConformanceCases } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { translateCase } from './translate-case.ts';

interface Translated {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: string;
    readonly config: object;
    readonly errorPolicy?: string;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly settings: object;
}

function translate(nodes: readonly object[], topology: object = {}, inputs: readonly object[] = []) {
  const [conformanceCase] = readConformanceCases([
    { id: 'case', source: {}, topology: { ...topology, nodes }, inputs },
  ]);
  if (conformanceCase === undefined) throw new Error('no case was read');
  const translated = translateCase(conformanceCase);
  const document = translated.document as unknown as Translated;
  return {
    ...translated,
    settings: document.settings,
    // A case about what lies before the sinks has none; the sink that every pipeline needs is added.
    edges: document.edges
      .filter(({ to }) => to !== `${translated.addedSink}.in`)
      .map(({ from, to }) => `${from} > ${to}`),
    config: (id: string) => document.nodes.find((node) => node.id === id)?.config,
    nodes: document.nodes.filter(({ id }) => id !== translated.addedSink).map(({ id, kind }) => `${id} ${kind}`),
    policy: (id: string) => document.nodes.find((node) => node.id === id)?.errorPolicy,
  };
}

const stream = { id: 's', op: 'stream', topic: 'in' };
const table = { id: 't', op: 'table', topic: 'in' };

describe('translateCase', () => {
  it('gives the keys of a topic the format of their type, of new keys that of theirs', () => {
    const map = { id: 'm', op: 'map', in: 's', fn: '(k, v) => [`${v}`, k]' };
    const { config, topics } = translate(
      [stream, map, { id: 'g', op: 'groupByKey', in: 'm' }, { id: 'c', op: 'count', in: 'g' }],
      {
        keyType: 'long',
      },
    );
    expect(topics).toMatchObject([{ name: 'in', keyFormat: 'int64' }]);
    expect(config('m')).toEqual({ key: '`${value}`', keyFormat: 'string', value: 'key' });
    expect(config('c')).toMatchObject({ by: '', byFormat: 'string', initial: '0', add: 'aggregate + 1' });
  });

  it('sees by its records that one topic has other keys than the rest', () => {
    const inputs = [
      { topic: 'in', key: null, value: 'x', ts: 0 },
      { topic: 'in', key: 'text', value: 'x', ts: 0 },
    ];
    expect(translate([stream], { keyType: 'int' }, inputs).topics).toMatchObject([{ name: 'in', keyFormat: 'string' }]);
  });

  it('lets a side effect see a record before all that comes after it', () => {
    const { edges } = translate([
      stream,
      { id: 'p', op: 'peek', in: 's' },
      { id: 'o', op: 'to', in: 'p', topic: 'out' },
    ]);
    expect(edges).toEqual(['s.out > p.in', 'p.out > p-seen.in', 'p.out > o.in']);
  });

  it('makes one port of each branch', () => {
    const split = {
      id: 'sp',
      op: 'split',
      in: 's',
      branches: [{ id: 'Even', fn: '(k, v) => k % 2 === 0' }, { id: 'rest' }],
    };
    const { config, edges } = translate([
      stream,
      split,
      { id: 'a', op: 'to', in: 'Even', topic: 'a' },
      { id: 'b', op: 'to', in: 'rest', topic: 'b' },
    ]);
    expect(config('sp')).toEqual({ branches: [{ name: 'branch-1', condition: 'key % 2 == 0' }], otherwise: true });
    expect(edges.slice(1)).toEqual(['sp.branch-1 > a.in', 'sp.otherwise > b.in']);
  });

  it('parts pairs that a flatMap makes into keys and values', () => {
    const { config } = translate([stream, { id: 'f', op: 'flatMap', in: 's', fn: '(k, v) => [[v, k], [k, v]]' }]);
    expect(config('f')).toEqual({ items: '[[value, key], [key, value]]', key: 'value.at(0)', keyFormat: 'string' });
    expect(config('f-value')).toEqual({ value: 'value.at(1)' });
  });

  it('keeps the value of a grouped table beside the new key, where the case changes both', () => {
    const { config, nodes } = translate([
      table,
      { id: 'g', op: 'groupBy', in: 't', fn: '(k, v) => [v, k]' },
      {
        id: 'a',
        op: 'aggregate',
        in: 'g',
        init: "() => ''",
        fn: '(k, v, agg) => agg + v',
        sub: "(k, v, agg) => agg.replace(v, '')",
      },
    ]);
    expect(nodes).toEqual(['t source', 'g-pairs map', 'a aggregate']);
    expect(config('g-pairs')).toEqual({ value: '[value, key]' });
    expect(config('a')).toMatchObject({
      by: 'value.at(0)',
      add: 'aggregate + value.at(1)',
      subtract: "aggregate.replace(value.at(1), '')",
    });
  });

  it.each([
    [
      { type: 'tumbling', sizeMs: 10, graceMs: 3 },
      { window: 'tumbling', windowMs: 10, graceMs: 3, retentionMs: 13 },
    ],
    [
      { type: 'hopping', sizeMs: 10, advanceMs: 5, graceMs: 0 },
      { window: 'hopping', windowMs: 10, advanceMs: 5, graceMs: 0, retentionMs: 10 },
    ],
    [
      { type: 'sliding', timeDifferenceMs: 7, graceMs: 1 },
      { window: 'sliding', windowMs: 7, graceMs: 1, retentionMs: 15 },
    ],
    [
      { type: 'session', gapMs: 7, graceMs: 1 },
      { window: 'session', windowMs: 7, graceMs: 1, retentionMs: 8 },
    ],
  ])('keeps the windows %o as long as Kafka Streams does', (window, settings) => {
    const { config } = translate([
      stream,
      { id: 'g', op: 'groupByKey', in: 's' },
      { id: 'w', op: 'windowedBy', in: 'g', window, emit: 'close' },
      { id: 'c', op: 'count', in: 'w' },
    ]);
    expect(config('c')).toMatchObject({ ...settings, emit: 'close' });
  });

  it('makes a reduce an aggregate without a start', () => {
    const { config } = translate([
      stream,
      { id: 'g', op: 'groupByKey', in: 's' },
      { id: 'r', op: 'reduce', in: 'g', fn: '(agg, v) => `${agg}+${v}`' },
    ]);
    expect(config('r')).toEqual({
      compute: 'custom',
      by: '',
      byFormat: 'string',
      initial: '',
      add: '`${aggregate}+${value}`',
    });
  });

  it('begins a reduce of pairs with the value of the first', () => {
    const { config } = translate([
      table,
      { id: 'g', op: 'groupBy', in: 't', fn: '(k, v) => [v, k]' },
      { id: 'r', op: 'reduce', in: 'g', fn: '(agg, v) => agg + v', sub: '(agg, v) => agg - v' },
    ]);
    expect(config('r')).toMatchObject({
      initial: 'null',
      add: 'aggregate == null ? value.at(1) : aggregate + value.at(1)',
      subtract: 'aggregate - value.at(1)',
    });
  });

  it('writes the last result to a topic of its own where a case writes nothing', () => {
    expect(translate([stream, { id: 'o', op: 'to', in: 's', topic: 'out' }]).addedSink).toBe(null);
    const { addedSink, config } = translate([stream]);
    expect(config(addedSink ?? '')).toMatchObject({ topic: addedSink });
  });

  it('makes one node of a cogroup, with a port for each group', () => {
    const groups = [
      { in: 'g', fn: '(k, v, agg) => agg + v' },
      { in: 'h', fn: '(k, v, agg) => agg - v' },
    ];
    const { config, edges } = translate([
      stream,
      { id: 'r', op: 'stream', topic: 'other' },
      { id: 'g', op: 'groupByKey', in: 's' },
      { id: 'h', op: 'groupBy', in: 'r', fn: '(k, v) => v' },
      { id: 'cg', op: 'cogroup', groups },
      { id: 'a', op: 'aggregate', in: 'cg', init: '() => 0' },
    ]);
    expect(config('a')).toEqual({
      inputs: [
        { by: '', add: 'aggregate + value' },
        { by: 'value', add: 'aggregate - value' },
      ],
      byFormat: 'string',
      initial: '0',
    });
    expect(edges).toEqual(['s.out > a.in-1', 'r.out > a.in-2']);
  });

  it('knows the join by what is wired in', () => {
    const fn = '(l, r) => `${l}${r}`';
    const { config } = translate([
      stream,
      table,
      { id: 'other', op: 'stream', topic: 'other' },
      { id: 'global', op: 'globalTable', topic: 'all' },
      { id: 'ss', op: 'outerJoin', this: 's', other: 'other', window: { beforeMs: 1, afterMs: 2, graceMs: 3 }, fn },
      { id: 'st', op: 'leftJoin', this: 's', other: 't', graceMs: 4, fn },
      { id: 'sg', op: 'join', this: 's', other: 'global', keyFn: '(k, v) => v', fn },
      { id: 'fk', op: 'fkLeftJoin', this: 't', other: 't', fkFn: "(k, v) => v.split('|')[1]", fn },
    ]);
    const value = '`${left}${right}`';
    expect(config('ss')).toEqual({ type: 'outer', value, beforeMs: 1, afterMs: 2, graceMs: 3 });
    expect(config('st')).toEqual({ type: 'left', value, graceMs: 4 });
    expect(config('sg')).toEqual({ type: 'inner', value, globalKey: 'value' });
    expect(config('fk')).toEqual({ type: 'left', value, foreignKey: "value.split('|').at(1)" });
  });

  it('takes settings over, and handlers as error policies', () => {
    const map = { id: 'm', op: 'mapValues', in: 's', fn: '(k, v) => v' };
    const { settings, policy } = translate([stream, map], {
      config: {
        'statestore.cache.max.bytes': 100,
        'topology.optimization': 'all',
        'deserialization.exception.handler': 'LogAndContinueExceptionHandler',
      },
    });
    expect(settings).toEqual({ errorPolicy: 'fail', cacheBytes: 100 });
    expect([policy('s'), policy('m')]).toEqual(['skip', undefined]);
  });

  it.each([
    [[{ id: 'p', op: 'process', in: 's' }], "code of one's own (process) is left out"],
    [[{ id: 'p', op: 'teleport', in: 's' }], 'the operator teleport is not known'],
    [
      [
        { id: 'g', op: 'groupByKey', in: 's' },
        { id: 'w', op: 'windowedBy', in: 'g', window: { type: 'unlimited' } },
        { id: 'c', op: 'count', in: 'w' },
      ],
      'unlimited windows are left out',
    ],
  ])('gives the reason why %j cannot be said', (nodes, reason) => {
    expect(() => translate([stream, ...nodes])).toThrow(new Inexpressible(reason));
  });

  it('does not pass over a setting that it does not know', () => {
    expect(() => translate([stream], { config: { 'new.setting': 1 } })).toThrow('the setting new.setting is not known');
  });
});
