import type { DeployPlan } from '@millrace/api';
import {
  type Diagnostic,
  describeTopology,
  hasErrors,
  type Pipeline,
  planTopology,
  type TopicCatalogue,
  type TopicDescription,
  type Topology,
  validatePipeline,
} from '@millrace/engine';
import type { DeploymentRecord } from './deployment-record.ts';
import { readersOf } from './topology-lookup.ts';

/** What deploying would do; the topology is null when something stands against it, which the plan then says. */
export interface PlannedDeployment {
  readonly plan: DeployPlan;
  readonly topology: Topology | null;
}

/**
 * Compares the pipeline with what its deployment has stored.
 * @param record the deployment so far
 * @param continues whether any task has a committed position
 */
export function planDeployment(
  pipeline: Pipeline,
  catalogue: TopicCatalogue,
  topics: readonly TopicDescription[],
  record: DeploymentRecord | null,
  continues: boolean,
): PlannedDeployment {
  const { diagnostics } = validatePipeline(pipeline, catalogue);
  if (hasErrors(diagnostics)) {
    return { plan: { diagnostics, stores: [], topics: [], description: '', continues }, topology: null };
  }
  const topology = planTopology(pipeline, catalogue);
  const findings = [
    ...diagnostics,
    ...(record === null || !continues ? [] : movedTopics(record.topology, topology)),
    ...conflictingTopics(topology, topics),
    ...orphanedTopics(topology, topics),
  ];
  const stores = storeFates(topology, record);
  const names = new Set(topics.map(({ name }) => name));
  const plan: DeployPlan = {
    diagnostics: findings,
    stores,
    topics: topology.topics.map(({ name, role, partitions }) => ({ name, role, partitions, exists: names.has(name) })),
    description: describeTopology(topology),
    continues,
  };
  const stands = hasErrors(findings) || stores.some(({ fate }) => fate === 'refused');
  return { plan, topology: stands ? null : topology };
}

function storeFates(topology: Topology, record: DeploymentRecord | null): DeployPlan['stores'] {
  const stored = new Map(record?.signatures ?? []);
  const used = topology.stores.map(({ name, node, signature }) => {
    const before = stored.get(name);
    if (before === undefined) return { name, fate: 'new' as const, reason: null };
    if (before === signature) return { name, fate: 'kept' as const, reason: null };
    return {
      name,
      fate: 'refused' as const,
      reason:
        `The store ${name} holds something else: the node ${node} was deployed with another kind, key or window. ` +
        'Stop and reset the deployment, which clears its state, or give the node another id, which starts a new store.',
    };
  });
  const orphaned = [...stored.keys()]
    .filter((name) => !topology.stores.some((store) => store.name === name))
    .map((name) => ({
      name,
      fate: 'orphaned' as const,
      reason: `The store ${name} is kept, but nothing uses it any more.`,
    }));
  return [...used, ...orphaned];
}

/** A committed position belongs to a task; a topic that another part of the topology reads now would be read from its start again. */
function movedTopics(before: Topology, after: Topology): readonly Diagnostic[] {
  const readers = readersOf(before);
  return [...readersOf(after)].flatMap(([topic, { id }]) => {
    const reader = readers.get(topic);
    if (reader === undefined || reader.id === id) return [];
    return [
      finding(
        'error',
        'moved-topic',
        `The topic ${topic} would be read by another part of the pipeline than before, and its position would be lost. Stop and reset the deployment first.`,
      ),
    ];
  });
}

function conflictingTopics(topology: Topology, topics: readonly TopicDescription[]): readonly Diagnostic[] {
  return topology.topics.flatMap((wanted) => {
    const found = topics.find(({ name }) => name === wanted.name);
    if (found === undefined) return [];
    if (found.partitions !== wanted.partitions) {
      return [
        finding(
          'error',
          'topic-conflict',
          `The topic ${wanted.name} has ${found.partitions} partitions and would need ${wanted.partitions}. Give the node another id, or delete the pipeline and deploy it again.`,
        ),
      ];
    }
    if (found.role !== wanted.role || found.owner !== wanted.owner) {
      return [
        finding('error', 'topic-conflict', `The topic ${wanted.name} is used for something else. Choose another name.`),
      ];
    }
    return [];
  });
}

function orphanedTopics(topology: Topology, topics: readonly TopicDescription[]): readonly Diagnostic[] {
  return topics
    .filter(({ name, owner }) => owner === topology.pipeline && !topology.topics.some((topic) => topic.name === name))
    .map(({ name }) =>
      finding('note', 'orphaned-topic', `The topic ${name} is kept, but nothing uses it any more. A reset deletes it.`),
    );
}

function finding(severity: Diagnostic['severity'], code: string, message: string): Diagnostic {
  return { code, severity, node: null, path: [], message };
}
