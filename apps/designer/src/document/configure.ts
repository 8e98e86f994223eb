import type { PipelineNode } from '@millrace/engine';
import { nodeById } from '../nodes/pipeline-index.ts';
import { portsOf } from '../nodes/ports.ts';
import { type Command, configureNode } from './commands.ts';

type Path = Parameters<typeof configureNode>[1];

/**
 * Sets one place in a node's config. Where that is an item of a list that makes ports, such as a branch, the wires of the others stay
 * where they are: they go with a port that is called otherwise, and go away with one that is taken away.
 */
export function configure(id: string, path: Path, value: PipelineNode['config'][string] | undefined): Command {
  const change = configureNode(id, path, value);
  return (pipeline) => {
    const after = change(pipeline);
    const before = nodeById(pipeline.nodes, id);
    const changed = nodeById(after.nodes, id);
    const index = path[1];
    if (before === null || changed === null || typeof index !== 'number') return after;
    const removed = path.length === 2 && value === undefined ? index : null;
    const was = portsOf(before);
    const is = portsOf(changed);
    const outputs = portMoves(namesOf(was.outputs), namesOf(is.outputs), removed);
    const inputs = portMoves(namesOf(was.inputs), namesOf(is.inputs), removed);
    if (outputs.size === 0 && inputs.size === 0) return after;
    const moved = (end: string, moves: PortMoves): string | null => {
      if (!end.startsWith(`${id}.`)) return end;
      const port = end.slice(id.length + 1);
      const to = moves.get(port);
      return to === undefined ? end : to === null ? null : `${id}.${to}`;
    };
    const edges = after.edges.flatMap((edge) => {
      const from = moved(edge.from, outputs);
      const to = moved(edge.to, inputs);
      if (from === edge.from && to === edge.to) return [edge];
      return from === null || to === null ? [] : [{ from, to }];
    });
    return { ...after, edges };
  };
}

/** The new name of each port that has one; null of one that is gone. */
type PortMoves = ReadonlyMap<string, string | null>;

function portMoves(before: readonly string[], after: readonly string[], removed: number | null): PortMoves {
  const moves = new Map<string, string | null>();
  if (removed === null) {
    if (before.length !== after.length) return moves;
    before.forEach((port, index) => {
      const now = after[index];
      // Two ports of one name are a mistake that is being made; the wires wait until it is put right.
      if (
        now !== undefined &&
        now !== port &&
        before.indexOf(now) < 0 &&
        before.lastIndexOf(port) === before.indexOf(port)
      )
        moves.set(port, now);
    });
    return moves;
  }
  const gone = before[removed];
  if (gone === undefined || after.length !== before.length - 1) return moves;
  const others = before.filter((_, index) => index !== removed);
  others.forEach((port, index) => {
    const now = after[index];
    if (now !== undefined && now !== port) moves.set(port, now);
  });
  moves.set(gone, null);
  return moves;
}

function namesOf(ports: readonly { readonly name: string }[]): readonly string[] {
  return ports.map(({ name }) => name);
}
