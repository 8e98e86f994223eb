import { Icon } from '../icons.tsx';
import { words } from '../words.ts';
import { useSystem } from './system-store.ts';

/** Says why nothing can be changed here: another server has taken over. */
export function ReadOnlyBanner() {
  const reason = useSystem((state) => state.system?.readOnly ?? null);
  if (reason === null) return null;
  return (
    <div className="read-only" role="alert">
      <Icon name="warning" size={14} />
      {words.status.readOnly(reason)}
    </div>
  );
}
