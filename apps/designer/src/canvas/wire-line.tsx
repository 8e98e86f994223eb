import type { ConnectionLineComponentProps } from '@xyflow/react';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { Icon } from '../icons.tsx';
import { drawnShape, expectedShape } from '../nodes/node-shape.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { useCanvas } from './canvas-store.ts';
import { edgePath } from './edge-path.ts';
import type { FlowNode } from './pipeline-node.tsx';

/** The wire that follows the mouse; over a port that refuses it, it says why. */
export function WireLine({ fromX, fromY, toX, toY, fromHandle, toHandle }: ConnectionLineComponentProps<FlowNode>) {
  const isForward = fromHandle.type === 'source';
  const end = `${fromHandle.nodeId}.${fromHandle.id ?? ''}`;
  const isTable = useValidation((state) => {
    const known = state.outputs.get(end);
    if (known !== undefined) return drawnShape(known.shape) === 'table';
    const { pipeline } = useDocument.getState();
    const node = pipeline === null || !isForward ? null : nodeOf(pipeline, end);
    return node !== null && drawnShape(expectedShape(node)) === 'table';
  });
  const refusal = useCanvas(({ wiring }) => {
    if (wiring === null || toHandle === null) return null;
    return wiring.verdicts.get(`${toHandle.nodeId}.${toHandle.id ?? ''}`) ?? null;
  });
  const fixed = { x: fromX, y: fromY };
  const free = { x: toX, y: toY };
  const path = isForward ? edgePath(fixed, free) : edgePath(free, fixed);
  return (
    <g>
      <path
        className="wire"
        d={path.d}
        data-shape={isTable ? 'table' : 'stream'}
        data-refused={refusal !== null || undefined}
      />
      {refusal !== null && (
        <foreignObject x={free.x + 14} y={free.y - 56} width={272} height={60} overflow="visible">
          <div className="refuse" role="status">
            <Icon name="invalid" size={14} className="g-bad" />
            <p>{refusal}</p>
          </div>
        </foreignObject>
      )}
    </g>
  );
}
