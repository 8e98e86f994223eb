import { type InputPort, nodeKind, type OutputPort, type PipelineNode } from '@millrace/engine';
import { configOf } from './node-config.ts';

interface Ports {
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
}

const none: Ports = { inputs: [], outputs: [] };
const known = new WeakMap<PipelineNode['config'], Ports>();

/** The ports of a node as its config stands; while the config is not valid, those of a new node of its kind. */
export function portsOf(node: PipelineNode): Ports {
  const found = known.get(node.config);
  if (found !== undefined) return found;
  const kind = nodeKind(node.kind);
  if (kind === undefined) return none;
  const config = configOf(node) ?? kind.config.safeParse(kind.initialConfig()).data;
  const ports = { inputs: kind.inputs(config), outputs: kind.outputs(config) };
  known.set(node.config, ports);
  return ports;
}
