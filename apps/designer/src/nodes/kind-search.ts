import { type NodeCategory, type NodeKind, type NodeKindName, nodeKinds } from '@millrace/engine';

/** The kinds that stand on the rail and have the keys 1 to 6: all that a beginner needs. */
export const railKinds = ['source', 'filter', 'map', 'join', 'aggregate', 'sink'] as const satisfies NodeKindName[];

export interface KindGroup {
  readonly category: NodeCategory;
  readonly kinds: readonly NodeKindName[];
}

const categories: readonly NodeCategory[] = ['source', 'records', 'state', 'sink'];

/** Kinds in the palette's groups; with a text only those whose words have it, the name's matches first, and their groups. */
export function findKinds(text: string): readonly KindGroup[] {
  const wanted = text.trim().toLowerCase();
  const names = Object.keys(nodeKinds) as NodeKindName[];
  const rankOf = (name: NodeKindName | undefined): number =>
    (name === undefined ? null : rank(nodeKinds[name], wanted)) ?? Number.POSITIVE_INFINITY;
  return categories
    .map((category) => ({
      category,
      kinds: names
        .filter((name) => nodeKinds[name].category === category && rankOf(name) < Number.POSITIVE_INFINITY)
        .sort((left, right) => rankOf(left) - rankOf(right)),
    }))
    .filter(({ kinds }) => kinds.length > 0)
    .sort((left, right) => rankOf(left.kinds[0]) - rankOf(right.kinds[0]));
}

function rank({ name, title, summary }: Pick<NodeKind, 'name' | 'title' | 'summary'>, wanted: string): number | null {
  if (wanted === '') return 0;
  if (name.startsWith(wanted) || title.toLowerCase().startsWith(wanted)) return 0;
  if (name.includes(wanted) || title.toLowerCase().includes(wanted)) return 1;
  return summary.toLowerCase().includes(wanted) ? 2 : null;
}
