/**
 * Whether `whole` is what comes out when the lists are merged, each in its own order: what several tasks of one commit wrote into one
 * partition. The order between tasks is not recorded, so that every merge will do.
 */
export function isInterleaving(whole: readonly string[], lists: readonly (readonly string[])[]): boolean {
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  if (total !== whole.length) return false;
  const failed = new Set<string>();
  const fits = (places: readonly number[], at: number): boolean => {
    if (at === whole.length) return true;
    const name = places.join();
    if (failed.has(name)) return false;
    for (const [index, place] of places.entries()) {
      if (lists[index]?.[place] !== whole[at]) continue;
      if (fits(places.with(index, place + 1), at + 1)) return true;
    }
    failed.add(name);
    return false;
  };
  return fits(
    lists.map(() => 0),
    0,
  );
}
