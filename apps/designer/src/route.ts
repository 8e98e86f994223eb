import { create } from 'zustand';

export const views = ['edit', 'live'] as const;
export type View = (typeof views)[number];

/** Where the person is; the address says it all, so that it can be sent to somebody else. */
export interface Route {
  /** Null on the first page, which lists pipelines. */
  readonly pipeline: string | null;
  readonly view: View;
  /** The node whose panel is open. */
  readonly node: string | null;
  /** The store whose panel is open; it stands in the place of the node's. */
  readonly store: string | null;
  /** The topic whose records are open. */
  readonly topic: string | null;
}

export const firstPage: Route = { pipeline: null, view: 'edit', node: null, store: null, topic: null };

/** Reads an address (`/p/flight-delays?view=live&node=by-state`). What it does not know leads to the first page. */
export function parseRoute(address: string): Route {
  const url = new URL(address, 'http://address');
  const id = /^\/p\/([a-z0-9-]{1,63})\/?$/.exec(url.pathname)?.[1];
  if (id === undefined) return firstPage;
  const part = (name: string): string | null => url.searchParams.get(name) || null;
  return {
    pipeline: id,
    view: part('view') === 'live' ? 'live' : 'edit',
    node: part('node'),
    store: part('store'),
    topic: part('topic'),
  };
}

export function formatRoute(route: Route): string {
  if (route.pipeline === null) return '/';
  const query = new URLSearchParams();
  if (route.view !== 'edit') query.set('view', route.view);
  for (const name of ['node', 'store', 'topic'] as const) {
    const value = route[name];
    if (value !== null) query.set(name, value);
  }
  const text = query.toString();
  return `/p/${route.pipeline}${text === '' ? '' : `?${text}`}`;
}

export const useRoute = create<Route>(() =>
  typeof window === 'undefined' ? firstPage : parseRoute(window.location.href),
);

/** Another pipeline or view is a step of the browser's history; another selection only replaces the address. */
export function navigate(change: Partial<Route>): void {
  const before = useRoute.getState();
  const after = { ...before, ...change };
  const isStep = after.pipeline !== before.pipeline || after.view !== before.view;
  const address = formatRoute(after);
  if (isStep) window.history.pushState(null, '', address);
  else if (address !== formatRoute(before)) window.history.replaceState(null, '', address);
  useRoute.setState(after);
}

export function openPipeline(id: string, view: View = 'edit'): void {
  navigate({ ...firstPage, pipeline: id, view });
}

/** @returns what ends the listening */
export function followHistory(): () => void {
  const onPop = () => useRoute.setState(parseRoute(window.location.href));
  window.addEventListener('popstate', onPop);
  return () => window.removeEventListener('popstate', onPop);
}
