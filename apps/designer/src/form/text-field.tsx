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
  /** Called as one types; false keeps the text in the field without taking it. */
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
  const [sent, setSent] = useState(value);
  // A value that came from elsewhere (a fix, another tab) replaces what stands here.
  useEffect(() => {
    if (value !== sent) {
      setText(value);
      setSent(value);
    }
  }, [value, sent]);
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
        setSent(event.currentTarget.value);
        onChange(event.currentTarget.value);
      }}
    />
  );
}
