/** Items in groups of one topic each, as requests want them; topics and items in the order of their first appearance. */
export function byTopic<Item extends { readonly topic: string }>(
  items: readonly Item[],
): readonly (readonly [topic: string, items: readonly Item[]])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.topic);
    if (group === undefined) groups.set(item.topic, [item]);
    else group.push(item);
  }
  return [...groups];
}
