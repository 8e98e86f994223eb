import type { InputPort, OutputPort } from '@millrace/engine';
import { Handle, Position } from '@xyflow/react';
import { useCatalogue } from '../document/catalogue-store.ts';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { expectedShape, type NodeShape } from '../nodes/node-shape.ts';
import { nodeById, wiredTo, wiresOf } from '../nodes/pipeline-index.ts';
import { keyName, portTypeText } from '../nodes/type-text.ts';
import { words } from '../words.ts';
import { useCanvas } from './canvas-store.ts';

/** Ports whose hit areas are narrower are drawn smaller. */
const closeBelow = 18;

interface PortProps {
  readonly side: 'source' | 'target';
  readonly node: string;
  readonly nodeName: string;
  readonly port: InputPort | OutputPort;
  /** Middle of the port, in px from the node's left side. */
  readonly left: number;
  /** Width of what takes the mouse: ports that stand close leave each other room. */
  readonly hitWidth: number;
}

/** A port: round for a stream, square for a table, on its point for a global one; hollow while free; aglow or struck through while a wire is being drawn. */
export function Port({ side, node, nodeName, port, left, hitWidth }: PortProps) {
  const end = `${node}.${port.name}`;
  const isWired = useDocument(({ pipeline }) => {
    if (pipeline === null) return false;
    const { into, outOf } = wiresOf(pipeline.edges);
    return side === 'source' ? outOf.has(end) : into.has(end);
  });
  const type = useValidation((state) => {
    if (side === 'source') return state.outputs.get(end);
    const { pipeline } = useDocument.getState();
    const from = pipeline === null ? null : wiredTo(pipeline, node, port.name);
    return from === null ? undefined : state.outputs.get(from);
  });
  const shape = useDocument(({ pipeline }): NodeShape => {
    if ('shape' in port && (port.shape === 'stream' || port.shape === 'table')) return port.shape;
    if (type !== undefined) return type.shape;
    const found = side === 'source' && pipeline !== null ? nodeById(pipeline.nodes, node) : null;
    return found === null ? 'stream' : expectedShape(found);
  });
  const drop = useCanvas(({ wiring }) => {
    if (wiring === null) return undefined;
    if (wiring.at === end) return 'at';
    const verdict = wiring.verdicts.get(end);
    if (verdict === undefined) return wiring.from === end ? 'at' : undefined;
    return verdict === null ? 'ok' : 'refused';
  });
  const label =
    side === 'source' ? words.canvas.output(nodeName, port.title) : words.canvas.input(nodeName, port.title);
  const typeText = () => {
    const { pipeline } = useDocument.getState();
    if (type === undefined || pipeline === null) return `${port.name}: ${words.node.shape[shape]}`;
    const key = keyName(pipeline, node, useCatalogue.getState().catalogue);
    return `${port.name}: ${words.node.shape[type.shape]}, ${portTypeText(type, key)}`;
  };
  return (
    <Handle
      id={port.name}
      type={side}
      position={side === 'source' ? Position.Bottom : Position.Top}
      className="port"
      style={{ left: left - 1, width: hitWidth }}
      data-close={hitWidth < closeBelow || undefined}
      role="button"
      aria-label={label}
      title={typeText()}
      data-testid={`port-${end}`}
      data-shape={shape}
      data-state={isWired ? 'wired' : 'free'}
      data-drop={drop}
    />
  );
}
