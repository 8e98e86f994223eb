import type { Pipeline, PipelineNode } from '../../../pipeline/document.ts';
import type { SubTopology, Topology } from '../../../topology/topology.ts';
import { amount, text } from './operator.ts';

export interface End {
  readonly node: string;
  readonly port: string;
}

/**
 * The drawing as the checker reads it. Of the plan it takes the names of topics, where the log is crossed, and the order in which a
 * record is given to several nodes; what nodes do it knows by itself.
 */
export class ModelPipeline {
  readonly pipeline: Pipeline;
  readonly topology: Topology;
  readonly #nodes: ReadonlyMap<string, PipelineNode>;

  constructor(pipeline: Pipeline, topology: Topology) {
    this.pipeline = pipeline;
    this.topology = topology;
    this.#nodes = new Map(pipeline.nodes.map((node) => [node.id, node]));
  }

  node(id: string): PipelineNode {
    const found = this.#nodes.get(id);
    if (found === undefined) throw new Error(`The pipeline has no node ${id}.`);
    return found;
  }

  /** The output that is wired to an input. */
  upstream({ node, port }: End): End {
    const edge = this.pipeline.edges.find(({ to }) => to === `${node}.${port}`);
    if (edge === undefined) throw new Error(`Nothing is wired to ${node}.${port}.`);
    return endOf(edge.from);
  }

  /** The inputs that an output is wired to, in the order in which they get a record. */
  downstream({ node, port }: End, subTopology: SubTopology): readonly End[] {
    const ends = this.pipeline.edges.filter(({ from }) => from === `${node}.${port}`).map(({ to }) => endOf(to));
    if (ends.length < 2) return ends;
    const targets = [...subTopology.sources, ...subTopology.processors]
      .filter((part) => part.node === node)
      .flatMap((part) => ('topic' in part ? part.targets : (part.targets[port] ?? [])));
    const place = (end: End): number =>
      targets.findIndex(({ to, port: into }) => {
        const spec = [...subTopology.processors, ...subTopology.sinks].find(({ id }) => id === to);
        return spec?.node === end.node && (spec.prepares ?? into) === end.port;
      });
    return ends.sort((a, b) => place(a) - place(b));
  }

  /** A node's internal topic of a role. */
  topicOf(node: string, role: string): string {
    return `${this.pipeline.id}-${node}-${role}`;
  }

  /** The internal topic in front of an input, of this input alone; null where there is none. */
  topicBefore({ node, port }: End): string | null {
    return this.#writtenAt(node, 'before', `${port === 'in' ? '' : `${port}-`}repartition`);
  }

  /** The internal topic behind an output, through which those go who need equal keys together; null where there is none. */
  topicBehind({ node, port }: End): string | null {
    return this.#writtenAt(node, 'after', `${port === 'out' ? '' : `${port}-`}repartition`);
  }

  /** The inputs that read an internal topic. */
  readersOf(topic: string): readonly End[] {
    const ends = this.pipeline.edges.map(({ to }) => endOf(to));
    for (const end of ends) {
      if (this.topicBefore(end) === topic) return [end];
      for (const role of ['registration', 'response']) {
        if (this.topicOf(end.node, role) === topic) return [{ node: end.node, port: role }];
      }
    }
    for (const subTopology of this.topology.subTopologies) {
      const source = subTopology.sources.find((candidate) => candidate.topic === topic);
      if (source === undefined) continue;
      return source.targets.map(({ to, port }) => ({
        node: subTopology.processors.find(({ id }) => id === to)?.node ?? to,
        port,
      }));
    }
    return [];
  }

  #writtenAt(node: string, role: 'before' | 'after', name: string): string | null {
    const topic = this.topicOf(node, name);
    const sinks = this.topology.subTopologies.flatMap((subTopology) => subTopology.sinks);
    return sinks.some((sink) => sink.topic === topic && sink.node === node && sink.role === role) ? topic : null;
  }

  /** What flows out of a port. */
  shapeOf(end: End): 'stream' | 'table' | 'global' {
    const { kind, config } = this.node(end.node);
    const of = (port: string) => this.shapeOf(this.upstream({ node: end.node, port }));
    switch (kind) {
      case 'source':
        return (config.readAs ?? 'stream') as 'stream' | 'table' | 'global';
      case 'aggregate':
      case 'cogroup':
      case 'suppress':
      case 'to-table':
        return 'table';
      case 'filter':
      case 'map':
        return of('in');
      case 'join':
        return of('left') === 'table' ? 'table' : 'stream';
      default:
        return 'stream';
    }
  }

  /** Whether a node behind a table looks its rows up, or must know what they were. */
  isNeeded(node: string): boolean {
    return this.pipeline.edges
      .filter(({ from }) => endOf(from).node === node)
      .map(({ to }) => endOf(to).node)
      .some((next) => {
        const { kind } = this.node(next);
        return kind === 'filter' || kind === 'map' ? this.isNeeded(next) : kind !== 'sink' && kind !== 'to-stream';
      });
  }

  /** Whether changes of a node's table wait for the commit. */
  isCached(node: string): boolean {
    if (this.pipeline.settings.cacheBytes === 0) return false;
    const { kind, config } = this.node(node);
    if (kind === 'source') {
      const isKept = config.rows !== 'when-needed' || this.isNeeded(node);
      return config.readAs === 'table' && isKept && amount(config, 'historyMs') === 0;
    }
    if (kind === 'to-table') return config.rows !== 'when-needed' || this.isNeeded(node);
    return (kind === 'aggregate' || kind === 'cogroup') && config.emit !== 'close';
  }

  /** Whether a node behind a table makes use of what rows were. */
  wantsOld(node: string): boolean {
    return this.pipeline.edges
      .filter(({ from }) => endOf(from).node === node)
      .map(({ to }) => endOf(to))
      .some((next) => {
        const { kind } = this.node(next.node);
        if (kind === 'map') return this.wantsOld(next.node);
        if (kind === 'join' && text(this.node(next.node).config, 'foreignKey') !== '') return next.port === 'left';
        if (kind === 'join') return this.shapeOf({ node: next.node, port: 'out' }) === 'table';
        return kind === 'filter' || kind === 'aggregate' || kind === 'suppress';
      });
  }

  /** How far behind stream time the windows of a table may still change; null without windows. */
  windowCloseMs(end: End): number | null {
    const { kind, config } = this.node(end.node);
    if (kind === 'aggregate' || kind === 'cogroup') {
      if ((config.window ?? 'none') === 'none') return null;
      return amount(config, 'graceMs') + (config.window === 'session' ? amount(config, 'windowMs') : 0);
    }
    if (kind === 'join') {
      const both = ['left', 'right'].map((port) => this.windowCloseMs(this.upstream({ node: end.node, port })));
      return both.reduce((most, one) => (one === null ? most : Math.max(one, most ?? 0)), null);
    }
    if (kind === 'source' || kind === 'generator' || kind === 'merge') return null;
    return this.windowCloseMs(this.upstream({ node: end.node, port: 'in' }));
  }

  /** How long a table remembers what its rows were; 0 where it does not. */
  historyMs(end: End): number {
    const { kind, config } = this.node(end.node);
    if (kind === 'source') return amount(config, 'historyMs');
    return kind === 'filter' || kind === 'map' ? this.historyMs(this.upstream({ node: end.node, port: 'in' })) : 0;
  }

  /** The expression that gives records a new key in front of an input; empty when they keep theirs. */
  keyBefore({ node, port }: End): string {
    const { kind, config } = this.node(node);
    if (kind === 'aggregate') return text(config, 'by');
    if (kind === 'join') return text(config, `${port}Key`);
    if (kind === 'cogroup') {
      const inputs = config.inputs as readonly { readonly [name: string]: unknown }[];
      return text(inputs[Number(port.slice('in-'.length)) - 1] ?? {}, 'by');
    }
    return text(config, kind === 'dedupe' ? 'by' : 'key');
  }

  /** Whether records without a key are of use behind the topic in front of an input. */
  keepsNullKeys({ node, port }: End): boolean {
    const { kind, config } = this.node(node);
    if (kind === 'dedupe') return true;
    if (kind === 'repartition') return this.#wantsNullKeys(node);
    if (kind !== 'join') return false;
    return config.type === 'outer' || (config.type === 'left' && port === 'left');
  }

  #wantsNullKeys(node: string): boolean {
    const next = this.pipeline.edges.filter(({ from }) => endOf(from).node === node).map(({ to }) => endOf(to));
    return next.some((end) =>
      this.node(end.node).kind === 'join' ? this.keepsNullKeys(end) : this.#wantsNullKeys(end.node),
    );
  }

  errorPolicy(node: string): string {
    return this.node(node).errorPolicy ?? this.pipeline.settings.errorPolicy;
  }
}

export function endOf(name: string): End {
  const dot = name.indexOf('.');
  return { node: name.slice(0, dot), port: name.slice(dot + 1) };
}
