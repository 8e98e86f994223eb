import { useEffect, useState } from 'react';

interface TextsFieldProps {
  readonly id: string;
  readonly value: unknown;
  readonly placeholder: string | undefined;
  readonly isInvalid: boolean;
  readonly onChange: (texts: string[]) => void;
}

/** A few short texts in one line, between commas. What is typed stays as it is typed. */
export function TextsField({ id, value, placeholder, isInvalid, onChange }: TextsFieldProps) {
  const texts = Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  const shown = texts.join(', ');
  const [text, setText] = useState(shown);
  useEffect(() => {
    setText((before) => (parts(before).join(', ') === shown ? before : shown));
  }, [shown]);
  return (
    <input
      id={id}
      className="field"
      aria-invalid={isInvalid || undefined}
      value={text}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(parts(event.currentTarget.value));
      }}
    />
  );
}

function parts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
