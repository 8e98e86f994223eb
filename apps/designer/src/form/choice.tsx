import { Icon, type IconName } from '../icons.tsx';

interface ChoiceProps {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly icon?: IconName | undefined;
  readonly isInvalid?: boolean | undefined;
}

/** One of a few: the browser's own list, which every assistive tool knows. */
export function Choice({ id, label, value, options, onChange, icon, isInvalid }: ChoiceProps) {
  const isKnown = options.some((option) => option.value === value);
  return (
    <span className="select">
      {icon !== undefined && <Icon name={icon} size={14} className="lead" />}
      <select
        id={id}
        className="field"
        aria-label={label}
        aria-invalid={isInvalid || undefined}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {!isKnown && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="down" size={12} />
    </span>
  );
}
