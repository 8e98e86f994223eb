import { useRef } from 'react';

interface NameFieldProps {
  readonly value: string;
  readonly label: string;
  readonly className?: string | undefined;
  /** The new name, or null when it was left as it is. Called once. */
  readonly onDone: (name: string | null) => void;
}

/** A name being changed in its place: Enter and leaving take it, Esc leaves it. */
export function NameField({ value, label, className, onDone }: NameFieldProps) {
  const isDone = useRef(false);
  const done = (name: string | null): void => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(name === null || name.trim() === '' || name.trim() === value ? null : name.trim());
  };
  return (
    <input
      className={className}
      aria-label={label}
      defaultValue={value}
      maxLength={120}
      // biome-ignore lint/a11y/noAutofocus: the field stands in the place of what was just asked to be changed.
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => done(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') done(event.currentTarget.value);
        if (event.key === 'Escape') done(null);
      }}
    />
  );
}
