import type { Pipeline, PortType, TopicCatalogue } from '@millrace/engine';
import { formatValueType } from '@millrace/expression';
import { words } from '../words.ts';
import { textOf } from './node-face.ts';
import { keyMadeBy, partitioningOf } from './partitioning.ts';
import { nodeOf, wiredTo } from './pipeline-index.ts';
import { portsOf } from './ports.ts';

/** What the key of a node's output is called: the field that it was last made of, or that a topic's keys repeat. Null when neither tells. */
export function keyName(
  pipeline: Pick<Pipeline, 'nodes' | 'edges'>,
  nodeId: string,
  catalogue: TopicCatalogue,
): string | null {
  const seen = new Set<string>();
  for (let id: string | null = nodeId; id !== null && !seen.has(id); ) {
    seen.add(id);
    const node = nodeOf(pipeline, `${id}.`);
    if (node === null) return null;
    // Of several inputs the first gives the key its name.
    const port = portsOf(node).inputs[0]?.name ?? '';
    const made = keyMadeBy(partitioningOf(node, { catalogue, inputType: () => undefined }), port)?.trim();
    if (made !== undefined) return /^[\w$.?]+$/.test(made) ? (made.split('.').at(-1) ?? null) : null;
    if (node.kind === 'source') return repeatedKey(catalogue, textOf(node.config, 'topic'));
    if (node.kind === 'generator') return textOf(node.config, 'keyField') || null;
    const from = wiredTo(pipeline, id, port);
    id = from === null ? null : (nodeOf(pipeline, from)?.id ?? null);
  }
  return null;
}

/** The first field that holds the key in all of a topic's newest records; null when there is none. */
function repeatedKey(catalogue: TopicCatalogue, topic: string): string | null {
  const records = catalogue.topic(topic)?.latest ?? [];
  const [first] = records;
  if (first === undefined || typeof first.value !== 'object' || first.value === null) return null;
  const holdsKey = (field: string): boolean =>
    records.every(
      ({ key, value }) =>
        key !== null &&
        typeof value === 'object' &&
        value !== null &&
        Object.hasOwn(value, field) &&
        (value as Record<string, unknown>)[field] === key,
    );
  return Object.keys(first.value).find(holdsKey) ?? null;
}

/** How many characters of code the foot of a node has room for. */
const footLength = 33;

/** The type with as many fields as the foot of a node has room for, one at least. */
export function footTypeText(type: PortType, key: string | null): string {
  const texts = [3, 2, 1].map((fields) => portTypeText(type, key, fields));
  return texts.find((text) => text.length <= footLength) ?? portTypeText(type, key, 1);
}

/** `state → {name, city, … 7}`; with windows `(state, window) → {…}`. */
export function portTypeText(type: PortType, key: string | null, maxFields = 3): string {
  const left = key ?? formatValueType(type.key, 2);
  return `${type.windowed ? `(${left}, ${words.node.window})` : left} → ${formatValueType(type.value, maxFields)}`;
}
