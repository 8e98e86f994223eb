import { type ReactNode, useEffect, useRef, useState } from 'react';

interface PanelProps {
  readonly label: string;
  /** Under which its width is kept. */
  readonly name: string;
  readonly width: number;
  readonly children: ReactNode;
}

const widthMin = 280;
const widths = new Map<string, number>();

function widthMax(): number {
  return Math.round(window.innerWidth * 0.6);
}

/** A panel at the right, drawn wider by its left side: 280 px to 60 % of the window. */
export function Panel({ label, name, width, children }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const [own, setOwn] = useState(() => widths.get(name) ?? width);
  const shown = Math.min(own, Math.max(widthMin, widthMax()));
  const resize = (to: number): void => {
    const next = Math.round(Math.min(Math.max(widthMin, to), widthMax()));
    widths.set(name, next);
    setOwn(next);
  };
  useEffect(() => {
    const onResize = () => setOwn((before) => Math.min(before, Math.max(widthMin, widthMax())));
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  }, []);
  return (
    <aside ref={panel} className="right" aria-label={label} style={{ width: shown }}>
      {/* biome-ignore lint/a11y/useSemanticElements: a rule that can be moved is a separator with a value. */}
      <div
        className="resize"
        role="separator"
        aria-orientation="vertical"
        aria-label={`${label} width`}
        aria-valuenow={shown}
        aria-valuemin={widthMin}
        tabIndex={0}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          event.currentTarget.dataset.dragging = '';
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.dataset.dragging === undefined) return;
          resize((panel.current?.getBoundingClientRect().right ?? window.innerWidth) - event.clientX);
        }}
        onPointerUp={(event) => delete event.currentTarget.dataset.dragging}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') resize(shown + 16);
          if (event.key === 'ArrowRight') resize(shown - 16);
        }}
      />
      {children}
    </aside>
  );
}
