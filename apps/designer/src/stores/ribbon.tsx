import type { StorePage } from '@millrace/api';
import { useEffect, useRef, useState } from 'react';
import { clock, day, duration, exact, isSameDay, windowSpan } from '../live/figures.ts';
import { words } from '../words.ts';

interface RibbonProps {
  readonly page: StorePage;
  readonly picked: number | null;
  readonly onPick: (start: number | null) => void;
}

const slot = 39;
const barWidth = 33;
const ground = 84;
const barMax = 62;
const labelRoom = 84;

/** One bar a window, height = keys; the open ones outlined, stream time as a line. A bar pressed shows its window alone. */
export function Ribbon({ page, picked, onPick }: RibbonProps) {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(716);
  useEffect(() => {
    const element = figure.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const count = Math.max(1, Math.floor((width - labelRoom) / slot));
  const windows = page.windows.toSorted((left, right) => left.start - right.start).slice(-count);
  const [first] = windows;
  const last = windows.at(-1);
  if (first === undefined || last === undefined) return null;
  const most = Math.max(...windows.map((window) => window.entries));
  const { streamTime, graceMs } = page;
  const index =
    streamTime === null ? -1 : windows.findIndex((window) => streamTime >= window.start && streamTime < window.end);
  const at = windows[index];
  const nowX =
    at === undefined || streamTime === null
      ? windows.length * slot
      : index * slot + 5 + ((streamTime - at.start) / (at.end - at.start)) * barWidth;
  const caption = isSameDay(first.start, last.start) ? day(last.start) : `${day(first.start)} – ${day(last.start)}`;
  const every = last.end - last.start >= 86_400_000 ? 2 : 3;
  return (
    <figure ref={figure} className="ribbon" aria-label={words.stores.keysPerWindow(caption)}>
      <svg width={width} height={103} viewBox={`0 0 ${width} 103`}>
        <title>{words.stores.keysPerWindow(caption)}</title>
        {windows.map((window, place) => {
          const x = place * slot + 5;
          const height = Math.max(4, (window.entries / most) * barMax);
          const isOpen = streamTime !== null && window.end + (graceMs ?? 0) > streamTime;
          const isPicked = picked === window.start;
          const span = windowSpan(window.start, window.end);
          return (
            <g key={window.start}>
              {isPicked && <rect className="picked" x={x - 3} y={0} width={slot} height={ground} />}
              {/* biome-ignore lint/a11y/useSemanticElements: a bar of a drawing cannot be a button element. */}
              <rect
                className="bar-window"
                data-open={isOpen || undefined}
                role="button"
                tabIndex={0}
                aria-pressed={isPicked}
                aria-label={words.stores.windowBar(span, exact(window.entries))}
                x={isOpen ? x + 0.75 : x}
                y={ground - height}
                width={isOpen ? barWidth - 1.5 : barWidth}
                height={height}
                rx={2}
                onClick={() => onPick(isPicked ? null : window.start)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' && event.key !== ' ') return;
                  event.preventDefault();
                  onPick(isPicked ? null : window.start);
                }}
              />
              {place % every === 0 && (
                <text x={x - 3} y={99}>
                  {every === 2 ? day(window.start).replace(/ \d+$/, '') : clock(window.start)}
                </text>
              )}
            </g>
          );
        })}
        <path className="ground" d={`M0 ${ground}.5H${width}`} />
        {streamTime !== null && (
          <>
            <path className="now" d={`M${nowX} 12V${ground}`} />
            <path className="now-head" d={`m${nowX - 4} 8 4 5 4-5z`} />
            <text className="strong" x={Math.min(nowX + 9, width - 76)} y={16}>
              {words.stores.streamTime}
            </text>
            <text x={Math.min(nowX + 9, width - 76)} y={30}>
              {clock(streamTime)}
            </text>
          </>
        )}
        <text x={2} y={16}>
          {words.stores.keysPerWindow(caption)}
        </text>
      </svg>
      <figcaption className="unseen">{duration(last.end - last.start)}</figcaption>
    </figure>
  );
}
