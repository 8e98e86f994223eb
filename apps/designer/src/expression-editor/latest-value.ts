/** Values of the roots of the newest record, as far as one is at hand. */
export type LatestRoots = { readonly [root: string]: unknown };

/** The plain path that ends before a position: `value.airport` before the dot of `value.airport.st|`. Null for anything else. */
export function pathBefore(source: string, position: number): readonly string[] | null {
  const match = /([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*)\??\.$/.exec(source.slice(0, position));
  if (match?.[1] === undefined) return null;
  const start = match.index - 1;
  // `f(x).value.` is no path of a root.
  return start >= 0 && /[\w$.)\]]/.test(source.charAt(start)) ? null : match[1].split(/\??\./);
}

/** The value at a path of the newest record; undefined where there is none. */
export function latestAt(latest: LatestRoots, path: readonly string[]): unknown {
  let at: unknown = latest;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}
