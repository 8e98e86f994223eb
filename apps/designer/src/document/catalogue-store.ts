import type { TopicView } from '@millrace/api';
import { type CatalogueRecord, type CatalogueTopic, type TopicCatalogue, topicCatalogue } from '@millrace/engine';
import { create } from 'zustand';
import { api } from '../api.ts';

interface CatalogueState {
  readonly topics: readonly CatalogueTopic[];
  /** Every topic of the log with its size, internal ones included. */
  readonly views: readonly TopicView[];
  readonly catalogue: TopicCatalogue;
  /** False until the server has answered once; until then nothing can be said about topics. */
  readonly isKnown: boolean;
}

/** What is known of topics, read again every few seconds. */
export const useCatalogue = create<CatalogueState>(() => ({
  topics: [],
  views: [],
  catalogue: topicCatalogue([]),
  isKnown: false,
}));

/** The types alone; they decide whether the pipeline must be checked again. */
let shapeText = '';

function shapeOf(topics: readonly CatalogueTopic[]): string {
  return JSON.stringify(
    topics.map(({ name, partitions, keyFormat, key, value }) => [name, partitions, keyFormat, key, value]),
  );
}

/** JSON leaves nothing out that a record has; a type that went through it cannot say so. */
export function catalogueRecord(
  record: Omit<CatalogueRecord, 'key' | 'value'> & { readonly key?: unknown; readonly value?: unknown },
): CatalogueRecord {
  return { ...record, key: record.key ?? null, value: record.value ?? null };
}

export async function refreshCatalogue(): Promise<void> {
  try {
    const [answer, views] = await Promise.all([api.topics.catalogue.query(), api.topics.list.query()]);
    const topics = answer.map((topic) => ({ ...topic, latest: topic.latest.map(catalogueRecord) }));
    const shape = shapeOf(topics);
    const isSameShape = shape === shapeText && useCatalogue.getState().isKnown;
    shapeText = shape;
    useCatalogue.setState({
      topics,
      views,
      isKnown: true,
      ...(isSameShape ? {} : { catalogue: topicCatalogue(topics) }),
    });
  } catch (error) {
    // The status bar says when the server is away; the last answer stands until it is back.
    console.debug('The catalogue of topics could not be read.', error);
  }
}

const refreshMs = 5000;

/** @returns what ends it */
export function followCatalogue(): () => void {
  void refreshCatalogue();
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void refreshCatalogue();
  }, refreshMs);
  return () => clearInterval(timer);
}
