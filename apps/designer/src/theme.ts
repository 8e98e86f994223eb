import { create } from 'zustand';

export type Theme = 'light' | 'dark';

const storageKey = 'millrace-theme';

function preferredTheme(): Theme {
  const kept = window.localStorage.getItem(storageKey);
  if (kept === 'light' || kept === 'dark') return kept;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export const useTheme = create<{ readonly theme: Theme }>(() => ({ theme: 'light' }));

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  useTheme.setState({ theme });
}

export function startTheme(): void {
  applyTheme(preferredTheme());
}

export function switchTheme(): void {
  const theme = useTheme.getState().theme === 'dark' ? 'light' : 'dark';
  window.localStorage.setItem(storageKey, theme);
  applyTheme(theme);
}
