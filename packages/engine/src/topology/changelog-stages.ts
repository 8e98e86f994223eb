import type { Topology } from './topology.ts';

/**
 * The changelog topics in the order in which they must become durable where a commit is not atomic: after all outputs, and those of one
 * stage before those of the next. A store further down comes before those that its records pass first, and of a node's stores the index
 * before what it finds. Whatever is cut off then lets records through again that were processed before, and hides none: a dedupe, say,
 * never remembers a record that the count behind it does not know.
 */
export function changelogStages({ subTopologies, stores }: Topology): readonly (readonly string[])[] {
  const stages: string[][] = [];
  for (const subTopology of subTopologies) {
    // Stores are planned node after node, sources first.
    const own = stores.filter(({ name }) => subTopology.stores.includes(name));
    own.reverse().forEach(({ changelogTopic }, stage) => {
      stages[stage] = [...(stages[stage] ?? []), changelogTopic];
    });
  }
  return stages;
}
