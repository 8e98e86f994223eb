import type { Pipeline } from '../../pipeline/document.ts';
import type { PipelineSettings } from '../../pipeline/pipeline-settings.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { type SketchedNode, sketch } from '../pipeline-sketch.ts';
import { untypedTopic } from '../topology-test-driver.ts';
import type { Random } from './random.ts';

/** What comes out of a node that was drawn: `node` or `node.port`. */
export type Wire = string;

/** A topic of the draft, and what its records are like. */
export interface DraftTopic {
  readonly name: string;
  readonly partitions: number;
  /** Records come before any worker starts, and none later. */
  readonly isBefore: boolean;
  /** Share of records without a value. */
  readonly tombstones: number;
}

/** What a sink may make of its records. */
function shaped(partitions: number): object {
  return {
    value: '{ was: value }',
    timestamp: 'timestamp + 1',
    partition: `timestamp % ${partitions}`,
    headers: [{ name: 'own', value: 'string(timestamp)' }],
  };
}

const makesKeys = new Set(['map', 're-key', 'flat-map', 'to-stream', 'repartition']);

/** A pipeline while it is being drawn at random. */
export class Draft {
  readonly random: Random;
  /** Partitions of topics that must agree. */
  readonly partitions: number;
  readonly topics: DraftTopic[] = [];
  /** No records of the first moments of time. */
  beginsLater = false;
  /** No records that nodes fail on. */
  isClean = false;
  /** Of the keys of all inputs, and of those made on the way, so that they meet. */
  readonly keyFormat: 'string' | 'json';
  settings: Partial<PipelineSettings>;
  readonly #nodes: { [id: string]: SketchedNode } = {};
  readonly #edges: string[] = [];

  constructor(random: Random) {
    this.random = random;
    this.partitions = random.pick([1, 2, 2, 3]);
    this.keyFormat = random.pick(['string', 'string', 'json']);
    // Whether tasks wait for records that are known to come decides about the order in which they take them, and so about much else.
    this.settings = { maxIdleMs: random.pick([0, 0, -1]) };
  }

  /** A node of a kind, fed by wires: one into `in`, or several by port. */
  add(kind: string, config: object, from: Wire | { readonly [port: string]: Wire }): Wire {
    const id = `${kind}-${Object.keys(this.#nodes).length}`;
    this.#nodes[id] = [kind, { ...this.#formatOf(kind), ...config }, this.random.chance(0.1) ? 'skip' : undefined];
    const wires = typeof from === 'string' ? { in: from } : from;
    for (const [port, wire] of Object.entries(wires)) this.#edges.push(`${wire} > ${id}.${port}`);
    return id;
  }

  stream(config: object = {}): Wire {
    return this.#source({ readAs: 'stream', ...this.#times(), ...config }, { tombstones: 0.05 });
  }

  table(config: object = {}): Wire {
    return this.#source(
      { readAs: 'table', rows: this.random.pick(['kept', 'when-needed']), ...config },
      { tombstones: 0.25 },
    );
  }

  globalTable(): Wire {
    return this.#source({ readAs: 'global' }, { isBefore: true, tombstones: 0.1, partitions: this.random.int(1, 3) });
  }

  sink(from: Wire, config: object = {}): void {
    const topic = `out-${Object.keys(this.#nodes).length}`;
    const partitions = this.random.int(1, 3);
    this.add('sink', { topic, partitions, ...(this.random.chance(0.15) ? shaped(partitions) : {}), ...config }, from);
  }

  pipeline(): Pipeline {
    return sketch('sim', this.#nodes, this.#edges, this.settings);
  }

  catalogue(): readonly CatalogueTopic[] {
    return this.topics.map(({ name, partitions }) => untypedTopic(name, partitions, this.keyFormat));
  }

  /** Where event time comes from: the record itself, or a field that is not always there. */
  #times(): object {
    if (this.isClean || !this.random.chance(0.2)) return {};
    const from = this.random.pick([
      { timestampFrom: 'field', timestampField: 't' },
      { timestampFrom: 'expression', timestampExpression: 'value.t + 1' },
    ]);
    return { ...from, invalidTimestamp: this.random.pick(['fail', 'skip', 'partition-time']) };
  }

  /** Of the keys that a node makes. */
  #formatOf(kind: string): object {
    if (kind === 'aggregate' || kind === 'cogroup') return { byFormat: this.keyFormat };
    return makesKeys.has(kind) ? { keyFormat: this.keyFormat } : {};
  }

  #source(config: object, topic: Partial<DraftTopic>): Wire {
    const name = `in-${this.topics.length}`;
    this.topics.push({ name, partitions: this.partitions, isBefore: false, tombstones: 0.1, ...topic });
    return this.add('source', { topic: name, keyFormat: this.keyFormat, ...config }, {});
  }
}
