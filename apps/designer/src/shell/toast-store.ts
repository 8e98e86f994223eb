import { create } from 'zustand';
import type { IconName } from '../icons.tsx';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly look?: 'bad' | undefined;
  readonly icon?: IconName | undefined;
}

export const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }));

const shownMs = 6000;
const shownMax = 3;
let ids = 0;

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

/** Three at most, six seconds; what went wrong stays until it is dismissed. */
export function toast(wanted: Omit<Toast, 'id'>): void {
  const id = ++ids;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...wanted, id }].slice(-shownMax) }));
  if (wanted.look !== 'bad') setTimeout(() => dismiss(id), shownMs);
}

export function toastError(text: string): void {
  toast({ text, look: 'bad', icon: 'failing' });
}
