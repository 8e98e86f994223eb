import type { ReactNode } from 'react';

/** Drawn on a 16 × 16 grid, stroke 1.5, round ends. The icons of node kinds stand beside their faces. */
const drawings = {
  store: (
    <path d="M2.6 4c0-2.2 10.8-2.2 10.8 0v8c0 2.2-10.8 2.2-10.8 0zM2.6 4c0 2.2 10.8 2.2 10.8 0M2.6 8c0 2.2 10.8 2.2 10.8 0" />
  ),
  log: <path d="M1.6 4.8h12.8v6.4H1.6zM5.9 4.8v6.4M10.1 4.8v6.4" />,
  letter: <path d="M2 3.6h12v8.8H2zM2.4 4.2 8 8.6l5.6-4.4" />,
  draft: <circle cx="8" cy="8" r="5.4" strokeDasharray="2.6 3.05" />,
  running: (
    <>
      <circle cx="8" cy="8" r="5.4" />
      <circle cx="8" cy="8" r="2.6" fill="currentColor" stroke="none" />
    </>
  ),
  starting: (
    <>
      <circle cx="8" cy="8" r="5.4" opacity=".35" />
      <path d="M8 2.6A5.4 5.4 0 0 1 13.4 8" />
    </>
  ),
  restoring: <path d="M8 1.8v7.4M4.8 6.2 8 9.4l3.2-3.2M2.6 13.4h10.8" />,
  stopped: <path d="M3.4 3.4h9.2v9.2H3.4z" />,
  failing: <path d="M5.4 1.9h5.2l3.5 3.5v5.2l-3.5 3.5H5.4l-3.5-3.5V5.4zM8 4.8v3.9M8 11.1v.1" />,
  invalid: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  warning: <path d="M8 2.2 14.4 13.4H1.6zM8 6.4v3.2M8 11.5v.1" />,
  info: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </>
  ),
  window: <path d="M4 13.4V3.6h8v9.8M1.8 13.4h12.4" />,
  changed: <path d="M2.2 9.6c1.6-3.4 3.6-3.6 5.8-1.6s4.2 1.8 5.8-1.6" />,
  check: <path d="m3 8.4 3.2 3.2L13 4.8" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.6" />
      <path d="m10.6 10.6 3.4 3.4" />
    </>
  ),
  settings: <path d="M2 4.6h6.4M11.6 4.6H14M2 11.4h2.4M7.6 11.4H14M10 3v3.2M6 9.8V13" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 2.4a5.6 5.6 0 0 0 0 11.2z" fill="currentColor" />
    </>
  ),
  down: <path d="m4.4 6.2 3.6 3.6 3.6-3.6" />,
  up: <path d="m4.4 9.8 3.6-3.6 3.6 3.6" />,
  right: <path d="m6.2 4.4 3.6 3.6-3.6 3.6" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  fit: <path d="M2.6 5.6v-3h3M10.4 2.6h3v3M13.4 10.4v3h-3M5.6 13.4h-3v-3" />,
  dots: <path d="M3.4 8v.1M8 8v.1M12.6 8v.1" strokeWidth="2.2" />,
  rising: <path d="m4 12 8-8M6.4 4H12v5.6" />,
  falling: <path d="m4 4 8 8M12 6.4V12H6.4" />,
  level: <path d="M2.6 8h10.6M9.4 4.2 13.2 8l-3.8 3.8" />,
  stop: <path d="M4 4h8v8H4z" fill="currentColor" />,
  start: <path d="M5.2 3.4 12 8l-6.8 4.6z" fill="currentColor" />,
  reset: <path d="M3 3v3.4h3.4M3.3 6.3A5.4 5.4 0 1 1 2.6 9" />,
  save: <path d="M8 2.2v7.4M5.2 6.8 8 9.6l2.8-2.8M3 9v4.2h10V9" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.6V8l2.4 1.6" />
    </>
  ),
  folder: <path d="M2 12.8V3.4h4.2l1.6 1.8H14v7.6z" />,
  pencil: <path d="m3 13 .6-2.8 7-7a1.5 1.5 0 0 1 2.2 2.2l-7 7zM9.4 4.4l2.2 2.2" />,
  bin: <path d="M2.6 4.4h10.8M6.2 4.2V2.6h3.6v1.6M4 4.6l.7 8.8h6.6l.7-8.8M6.8 7v4M9.2 7v4" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;
export type IconSize = 12 | 14 | 16 | 18 | 24 | 28;

interface IconProps {
  readonly name: IconName;
  readonly size?: IconSize | undefined;
  readonly className?: string | undefined;
  readonly spin?: boolean | undefined;
}

/** Decoration beside a word; whatever an icon says alone must be said by the label of its control. */
export function Icon({ name, size = 16, className = '', spin = false }: IconProps) {
  return (
    <svg
      className={`i ${className}`}
      data-size={size}
      data-spin={spin || undefined}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  );
}

/** A drawing of a node kind, on the same grid. */
export function KindIcon({
  drawing,
  size = 16,
}: {
  readonly drawing: ReactNode;
  readonly size?: IconSize | undefined;
}) {
  return (
    <svg className="i" data-size={size} viewBox="0 0 16 16" aria-hidden="true">
      {drawing}
    </svg>
  );
}

/** The mark: a wheel over its race. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <g fill="none" stroke="currentColor">
        <circle cx="12" cy="9.4" r="4.9" strokeWidth="1.5" />
        <path
          d="M12 5.2L12 1.8M14.97 6.43L17.37 4.03M16.2 9.4L19.6 9.4M14.97 12.37L17.37 14.77M12 13.6L12 17M9.03 12.37L6.63 14.77M7.8 9.4L4.4 9.4M9.03 6.43L6.63 4.03"
          strokeWidth="2"
        />
      </g>
      <circle cx="12" cy="9.4" r="1.3" fill="currentColor" />
      <path
        className="race"
        d="M1.5 20.7c2.3-1.9 4.7-1.9 7 0s4.7 1.9 7 0 4.7-1.9 7 0"
        fill="none"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}
