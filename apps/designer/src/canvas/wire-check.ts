import type { InputPort, Pipeline, PortType } from '@millrace/engine';
import { formatEndpoint, parseEndpoint, takesShape } from '@millrace/engine';
import { reaches } from '../document/commands.ts';
import { words } from '../words.ts';

interface WireCheckContext {
  readonly pipeline: Pick<Pipeline, 'nodes' | 'edges'>;
  /** Types by `node.port`, as far as they are known. */
  readonly outputs: ReadonlyMap<string, Pick<PortType, 'shape'>>;
  inputsOf(node: string): readonly InputPort[];
}

/** Why an edge cannot be drawn, in words, or null when it can. What only the types of fields decide is left to validation. */
export function refusalOf(from: string, to: string, context: WireCheckContext): string | null {
  const { pipeline } = context;
  const source = parseEndpoint(from);
  const target = parseEndpoint(to);
  if (source.node === target.node) return words.refused.self;
  if (pipeline.edges.some((edge) => edge.from === from && edge.to === to)) return words.refused.twice;
  const input = context.inputsOf(target.node).find((port) => port.name === target.port);
  if (input === undefined) return words.refused.sameSide;
  if (pipeline.edges.some((edge) => edge.to === to)) return words.refused.taken(input.title);
  const shape = context.outputs.get(from)?.shape;
  if (shape !== undefined && !takesShape(input.shape, shape)) {
    const name = pipeline.nodes.find((node) => node.id === source.node)?.name ?? source.node;
    if (shape === 'global') return words.refused.onlyLookedUp(name);
    return input.shape === 'table' ? words.refused.needsTable(name) : words.refused.needsStream(name);
  }
  return reaches(pipeline, target.node, source.node) ? words.refused.cycle : null;
}

export type Verdicts = ReadonlyMap<string, string | null>;

/** What each port of the other side says to a wire that begins at the given end: null where it may go, else why not. */
export function verdictsFrom(
  end: string,
  side: 'source' | 'target',
  context: WireCheckContext,
  outputsOf: (node: string) => readonly string[],
): Verdicts {
  const verdicts = new Map<string, string | null>();
  for (const { id } of context.pipeline.nodes) {
    if (side === 'source') {
      for (const port of context.inputsOf(id)) {
        const to = formatEndpoint({ node: id, port: port.name });
        verdicts.set(to, refusalOf(end, to, context));
      }
    } else {
      for (const port of outputsOf(id)) {
        const from = formatEndpoint({ node: id, port });
        verdicts.set(from, refusalOf(from, end, context));
      }
    }
  }
  return verdicts;
}
