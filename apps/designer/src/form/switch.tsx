import { Switch as Root } from 'radix-ui';

interface SwitchProps {
  readonly id: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** On or off; its label switches it too. */
export function Switch({ id, isOn, onChange }: SwitchProps) {
  return <Root.Root id={id} className="switch" checked={isOn} onCheckedChange={onChange} />;
}
