import { nodeKinds } from '@millrace/engine';
import { useCanvas } from '../canvas/canvas-store.ts';
import { KindIcon } from '../icons.tsx';
import { faces } from '../nodes/faces.ts';
import { railKinds } from '../nodes/kind-search.ts';
import { words } from '../words.ts';
import { KindPalette } from './kind-palette.tsx';
import { useKindDrag } from './use-kind-drag.tsx';

/** The six kinds that come first: drag one onto the canvas, or click it and then click where it should stand. Behind them all others. */
export function Rail() {
  const armed = useCanvas((state) => state.armed);
  const { handlersOf, ghost } = useKindDrag();
  return (
    <nav className="left rail" aria-label={words.kinds.rail}>
      {railKinds.map((kind, index) => (
        <button
          key={kind}
          type="button"
          data-testid={`palette-${kind}`}
          aria-pressed={armed === kind}
          aria-label={nodeKinds[kind].title}
          title={words.kinds.addTitle(nodeKinds[kind].title, index + 1)}
          {...handlersOf(kind)}
        >
          <KindIcon drawing={faces[kind].icon} size={18} />
          {nodeKinds[kind].title}
        </button>
      ))}
      <KindPalette />
      {ghost}
    </nav>
  );
}
