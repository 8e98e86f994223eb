import { useEffect, useState } from 'react';

interface TextFieldProps {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly value: string;
  readonly placeholder?: string | undefined;
  readonly isInvalid?: boolean | undefined;
  readonly isMono?: boolean | undefined;
  readonly inputMode?: 'text' | 'decimal' | 'numeric' | undefined;
  readonly list?: string | undefined;
  /** Called as one types; whoever does not take the text leaves `value` as it is, and the text stays in the field. */
  readonly onChange: (text: string) => void;
}

/** A line of text. What is typed stays as it is typed, also while it is not (yet) a value. */
export function TextField({
  id,
  label,
  value,
  placeholder,
  isInvalid,
  isMono,
  inputMode,
  list,
  onChange,
}: TextFieldProps) {
  const [text, setText] = useState(value);
  // A value that came from elsewhere (a fix, another tab) replaces what stands here; one that was typed is the same.
  useEffect(() => setText(value), [value]);
  return (
    <input
      id={id}
      className={isMono ? 'field mono' : 'field'}
      aria-label={label}
      aria-invalid={isInvalid || undefined}
      value={text}
      placeholder={placeholder}
      inputMode={inputMode}
      list={list}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(event.currentTarget.value);
      }}
    />
  );
}
