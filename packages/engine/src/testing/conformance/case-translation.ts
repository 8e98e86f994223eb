import { type CaseType, caseType } from './case-type.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { atom, type Written } from './written-expression.ts';

/** What an operator of a case gives to the next: the output port of a node, and what is known of its records. */
export interface Flow {
  /** `node.port`. */
  readonly end: string;
  readonly shape: 'stream' | 'table' | 'global';
  readonly key: CaseType;
  readonly value: CaseType;
  readonly windowed: boolean;
}

/** What stands between a stream or table and its aggregate in the DSL and is one node with it here. */
export interface Grouping {
  readonly inputs: readonly GroupedInput[];
  /** The window of a case; null without windows. */
  readonly window: { readonly [name: string]: unknown } | null;
  readonly emit: 'update' | 'close';
  readonly isCogroup: boolean;
}

export interface GroupedInput {
  readonly flow: Flow;
  /** The new key; null keeps it. */
  readonly by: Written | null;
  /** What counts in the group. */
  readonly value: Written;
  /** The aggregator of this input, of a cogroup. */
  readonly add: string | null;
}

export interface SourceTopic {
  readonly name: string;
  readonly key: CaseType;
}

export interface CaseSink {
  /** The name by which the case's expectations call it. */
  readonly name: string;
  readonly node: string;
  readonly topic: string;
  readonly comparesHeaders: boolean;
}

interface DocumentNode {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly config: { readonly [name: string]: unknown };
}

/** A document that is being made of a case, with what the operators so far have given. */
export class CaseTranslation {
  readonly case: ConformanceCase;
  readonly nodes: DocumentNode[] = [];
  readonly edges: { readonly from: string; readonly to: string }[] = [];
  readonly topics = new Map<string, SourceTopic>();
  readonly sinks: CaseSink[] = [];
  /** The nodes that keep the stores which the case names. */
  readonly stores = new Map<string, string>();
  readonly #flows = new Map<string, Flow>();
  readonly #groupings = new Map<string, Grouping>();

  constructor(conformanceCase: ConformanceCase) {
    this.case = conformanceCase;
  }

  /** Adds a node, wired to what feeds its ports, in the order of the ports. Gives its id. */
  node(
    name: string,
    kind: string,
    config: { readonly [name: string]: unknown },
    inputs: { readonly [port: string]: Flow } = {},
  ): string {
    const id = this.#freeId(name);
    this.nodes.push({ id, kind, name: id, config });
    for (const [port, { end }] of Object.entries(inputs)) this.edges.push({ from: end, to: `${id}.${port}` });
    return id;
  }

  give(operator: string, flow: Flow): void {
    this.#flows.set(operator, flow);
  }

  giveGrouping(operator: string, grouping: Grouping): void {
    this.#groupings.set(operator, grouping);
  }

  flow(operator: unknown): Flow {
    const flow = this.#flows.get(String(operator));
    if (flow === undefined) throw new Inexpressible(`${String(operator)} is no stream or table here`);
    return flow;
  }

  /** What the last operator gave that gives something. */
  get lastFlow(): Flow {
    const flow = [...this.#flows.values()].at(-1);
    if (flow === undefined) throw new Inexpressible('a case without streams or tables');
    return flow;
  }

  grouping(operator: unknown): Grouping {
    const grouping = this.#groupings.get(String(operator));
    if (grouping === undefined) throw new Inexpressible(`${String(operator)} is not grouped here`);
    return grouping;
  }

  /** Notes that a topic is read, and says what its keys are. */
  topic(name: string): SourceTopic {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const topic = { name, key: this.#keyTypeOf(name) };
    this.topics.set(name, topic);
    return topic;
  }

  get keyType(): CaseType {
    return caseType(this.case.topology.keyType);
  }

  get valueType(): CaseType {
    return caseType(this.case.topology.valueType);
  }

  /** One type of keys stands for a whole case; a topic whose records have other keys shows it. */
  #keyTypeOf(topic: string): CaseType {
    const [key] = this.case.inputs.flatMap((input) =>
      input.topic === topic && input.key !== null && input.key !== undefined ? [input.key] : [],
    );
    const isText = this.keyType === 'string';
    if (typeof key === 'string') return isText || this.keyType === 'bytes' ? this.keyType : 'string';
    return typeof key === 'number' && isText ? 'long' : this.keyType;
  }

  #freeId(name: string): string {
    const wanted =
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]/g, '-')
        .slice(0, 50) || 'node';
    let id = wanted;
    for (let count = 2; this.nodes.some((node) => node.id === id); count++) id = `${wanted}-${count}`;
    return id;
  }
}

/** What the parameters `(k, v)` of a function over a flow stand for. A windowed key is an object as in Kafka Streams. */
export function recordArguments(flow: Flow): readonly [key: Written, value: Written] {
  const key = flow.windowed ? atom('{ key: key, window: window }', 'unknown') : atom('key', flow.key);
  return [key, atom('value', flow.value)];
}
