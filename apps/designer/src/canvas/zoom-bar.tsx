import { useReactFlow, useStore } from '@xyflow/react';
import { Icon } from '../icons.tsx';
import { words } from '../words.ts';

export const fitOptions = { padding: 0.06, maxZoom: 1, duration: 240 } as const;

export function ZoomBar() {
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  const flow = useReactFlow();
  return (
    <div className="float zoom-bar">
      <button
        type="button"
        className="icon-btn"
        aria-label={words.canvas.zoomOut}
        onClick={() => void flow.zoomOut({ duration: 120 })}
      >
        <Icon name="minus" size={14} />
      </button>
      <output aria-label={words.canvas.zoomLevel}>{zoom} %</output>
      <button
        type="button"
        className="icon-btn"
        aria-label={words.canvas.zoomIn}
        onClick={() => void flow.zoomIn({ duration: 120 })}
      >
        <Icon name="plus" size={14} />
      </button>
      <button
        type="button"
        className="icon-btn"
        aria-label={words.canvas.fit}
        onClick={() => void flow.fitView(fitOptions)}
      >
        <Icon name="fit" size={14} />
      </button>
    </div>
  );
}
