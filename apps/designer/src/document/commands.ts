import type { Pipeline, PipelineEdge, PipelineNode, PipelineSettings } from '@millrace/engine';
import { parseEndpoint } from '@millrace/engine';

/**
 * Changes of a pipeline as pure functions: each gives a new document, or the same one when there is nothing to change. Parts that did
 * not change keep their identity, which is what validation and the canvas are memoised on.
 */
export type Command = (pipeline: Pipeline) => Pipeline;

export interface Position {
  readonly x: number;
  readonly y: number;
}

export const gridStep = 8;

export function onGrid(position: Position): Position {
  return { x: Math.round(position.x / gridStep) * gridStep, y: Math.round(position.y / gridStep) * gridStep };
}

const idLengthMax = 63;

/** A free node id made of the wanted word: `filter`, `filter-2`, … */
export function freeNodeId(pipeline: Pipeline, wanted: string): string {
  const base =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, idLengthMax - 5) || 'node';
  const taken = new Set(pipeline.nodes.map((node) => node.id));
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  return id;
}

export function addNode(node: PipelineNode, position: Position): Command {
  return (pipeline) => ({
    ...pipeline,
    nodes: [...pipeline.nodes, node],
    layout: { ...pipeline.layout, nodes: [...pipeline.layout.nodes, { id: node.id, ...onGrid(position) }] },
  });
}

export function moveNodes(positions: ReadonlyMap<string, Position>): Command {
  return (pipeline) => {
    let changed = false;
    const placed = new Set<string>();
    const nodes = pipeline.layout.nodes.map((place) => {
      placed.add(place.id);
      const wanted = positions.get(place.id);
      if (wanted === undefined) return place;
      const to = onGrid(wanted);
      if (to.x === place.x && to.y === place.y) return place;
      changed = true;
      return { id: place.id, ...to };
    });
    for (const [id, position] of positions) {
      if (placed.has(id)) continue;
      nodes.push({ id, ...onGrid(position) });
      changed = true;
    }
    return changed ? { ...pipeline, layout: { ...pipeline.layout, nodes } } : pipeline;
  };
}

function changeNode(id: string, change: (node: PipelineNode) => PipelineNode): Command {
  return (pipeline) => {
    const index = pipeline.nodes.findIndex((node) => node.id === id);
    const node = pipeline.nodes[index];
    if (node === undefined) return pipeline;
    const changed = change(node);
    return changed === node ? pipeline : { ...pipeline, nodes: pipeline.nodes.with(index, changed) };
  };
}

/** The id stays: stores and internal topics are named after it. An empty name changes nothing. */
export function renameNode(id: string, name: string): Command {
  const wanted = name.trim().slice(0, 120);
  return changeNode(id, (node) => (wanted === '' || wanted === node.name ? node : { ...node, name: wanted }));
}

type ConfigValue = PipelineNode['config'][string];
type ConfigPath = readonly (string | number)[];

/** Sets one place in a node's config; `undefined` takes the field away. Places that are missing on the way are made. */
export function configureNode(id: string, path: ConfigPath, value: ConfigValue | undefined): Command {
  return changeNode(id, (node) => ({ ...node, config: configWith(node.config, path, value) }));
}

export function configWith(
  config: PipelineNode['config'],
  path: ConfigPath,
  value: ConfigValue | undefined,
): PipelineNode['config'] {
  return setAt(config, path, value) as PipelineNode['config'];
}

function setAt(at: ConfigValue | undefined, path: ConfigPath, value: ConfigValue | undefined): ConfigValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list = Array.isArray(at) ? [...at] : [];
    const item = setAt(list[step], rest, value);
    if (item === undefined) list.splice(step, 1);
    else list[step] = item;
    return list;
  }
  const entries = typeof at === 'object' && at !== null && !Array.isArray(at) ? Object.entries(at) : [];
  const item = setAt(entries.find(([name]) => name === step)?.[1], rest, value);
  const known = entries.some(([name]) => name === step);
  if (item === undefined) return Object.fromEntries(entries.filter(([name]) => name !== step));
  return Object.fromEntries(
    known ? entries.map(([name, old]) => [name, name === step ? item : old]) : [...entries, [step, item]],
  );
}

/** The value at a place in a config, or undefined. */
export function configAt(config: unknown, path: ConfigPath): unknown {
  let at: unknown = config;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

export function setErrorPolicy(id: string, policy: PipelineNode['errorPolicy']): Command {
  return changeNode(id, ({ errorPolicy: _, ...node }) =>
    policy === undefined ? node : { ...node, errorPolicy: policy },
  );
}

export function describePipeline(description: string): Command {
  return (pipeline) => (pipeline.description === description ? pipeline : { ...pipeline, description });
}

/** The value is one that the settings' schema takes. */
export function setSetting(name: keyof PipelineSettings, value: string | number): Command {
  return (pipeline) =>
    pipeline.settings[name] === value ? pipeline : { ...pipeline, settings: { ...pipeline.settings, [name]: value } };
}

export function connect(edge: PipelineEdge): Command {
  return (pipeline) =>
    pipeline.edges.some((known) => isSameEdge(known, edge))
      ? pipeline
      : { ...pipeline, edges: [...pipeline.edges, edge] };
}

export function isSameEdge(left: PipelineEdge, right: PipelineEdge): boolean {
  return left.from === right.from && left.to === right.to;
}

export function edgeId(edge: PipelineEdge): string {
  return `${edge.from}>${edge.to}`;
}

/** Takes nodes away with their edges, and edges by themselves. */
export function remove(nodeIds: ReadonlySet<string>, edgeIds: ReadonlySet<string>): Command {
  return (pipeline) => {
    const isGone = (end: string): boolean => nodeIds.has(parseEndpoint(end).node);
    const nodes = pipeline.nodes.filter((node) => !nodeIds.has(node.id));
    const edges = pipeline.edges.filter((edge) => !edgeIds.has(edgeId(edge)) && !isGone(edge.from) && !isGone(edge.to));
    if (nodes.length === pipeline.nodes.length && edges.length === pipeline.edges.length) return pipeline;
    const places = pipeline.layout.nodes.filter((place) => !nodeIds.has(place.id));
    return { ...pipeline, nodes, edges, layout: { ...pipeline.layout, nodes: places } };
  };
}

export function renamePipeline(name: string): Command {
  const wanted = name.trim().slice(0, 120);
  return (pipeline) => (wanted === '' || wanted === pipeline.name ? pipeline : { ...pipeline, name: wanted });
}

/** The ids of nodes in the order of the flow: what comes before in the graph comes before here; a cycle ends where it began. */
export function flowOrder(pipeline: Pick<Pipeline, 'nodes' | 'edges'>): readonly string[] {
  const before = new Map<string, string[]>(pipeline.nodes.map((node) => [node.id, []]));
  for (const edge of pipeline.edges) before.get(parseEndpoint(edge.to).node)?.push(parseEndpoint(edge.from).node);
  const order: string[] = [];
  const seen = new Set<string>();
  const enter = (id: string, path: { readonly id: string; next: number }[]): void => {
    seen.add(id);
    path.push({ id, next: 0 });
  };
  // Depth first on a path of its own: a document may be a chain of thousands.
  for (const node of pipeline.nodes) {
    const path: { readonly id: string; next: number }[] = [];
    if (!seen.has(node.id)) enter(node.id, path);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const feeder = before.get(top.id)?.[top.next++];
      if (feeder === undefined) {
        order.push(top.id);
        path.pop();
      } else if (before.has(feeder) && !seen.has(feeder)) enter(feeder, path);
    }
  }
  return order;
}

/** Whether records that leave one node can reach the other. */
export function reaches(pipeline: Pick<Pipeline, 'edges'>, from: string, to: string): boolean {
  const seen = new Set([from]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    for (const edge of pipeline.edges) {
      const next = parseEndpoint(edge.to).node;
      if (parseEndpoint(edge.from).node !== at || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}
