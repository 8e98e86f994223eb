import { Icon } from '../icons.tsx';
import { words } from '../words.ts';
import { dismiss, useToasts } from './toast-store.ts';

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className="toast" data-look={toast.look}>
          <Icon name={toast.icon ?? 'check'} className={toast.look === 'bad' ? 'g-bad' : 'dim'} />
          <p>{toast.text}</p>
          <button type="button" className="icon-btn" aria-label={words.toast.dismiss} onClick={() => dismiss(toast.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
