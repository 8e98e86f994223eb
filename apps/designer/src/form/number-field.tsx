import { useEffect, useState } from 'react';
import { words } from '../words.ts';
import { Choice } from './choice.tsx';
import { type DurationUnit, durationMs, durationParts, durationUnits } from './duration-parts.ts';

interface NumberFieldProps {
  readonly id: string;
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly isInvalid: boolean;
  readonly onChange: (value: number) => void;
}

export function NumberField({ id, value, min, max, isInvalid, onChange }: NumberFieldProps) {
  const [text, setText] = useState(value === null ? '' : String(value));
  useEffect(() => {
    setText((before) => (Number(before) === value ? before : value === null ? '' : String(value)));
  }, [value]);
  return (
    <input
      id={id}
      type="number"
      className="field"
      value={text}
      min={min ?? undefined}
      max={max ?? undefined}
      aria-invalid={isInvalid || undefined}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        const number = Number(typed);
        if (typed.trim() !== '' && Number.isFinite(number)) onChange(number);
      }}
    />
  );
}

interface DurationFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly isInvalid: boolean;
  readonly onChange: (ms: number) => void;
}

const units = (Object.keys(durationUnits) as DurationUnit[]).map((value) => ({ value, label: words.units[value] }));

/** A length as a number and its unit. Another unit keeps the number: 10 min becomes 10 h. */
export function DurationField({ id, label, value, isInvalid, onChange }: DurationFieldProps) {
  const [parts, setParts] = useState(() => textParts(value));
  useEffect(() => {
    setParts((before) => (durationMs(before.text, before.unit) === value ? before : textParts(value)));
  }, [value]);
  const set = (next: { text: string; unit: DurationUnit }): void => {
    setParts(next);
    const ms = durationMs(next.text, next.unit);
    if (ms !== null) onChange(ms);
  };
  return (
    <span className="pair">
      <input
        id={id}
        className="field"
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={isInvalid || undefined}
        value={parts.text}
        onChange={(event) => set({ ...parts, text: event.currentTarget.value })}
      />
      <Choice
        label={words.inspector.unitOf(label)}
        value={parts.unit}
        options={units}
        onChange={(unit) => set({ ...parts, unit: unit as DurationUnit })}
      />
    </span>
  );
}

function textParts(ms: number): { text: string; unit: DurationUnit } {
  const { count, unit } = durationParts(ms);
  return { text: String(count), unit };
}
