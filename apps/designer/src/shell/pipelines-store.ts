import type { ExampleView, PipelineSummary } from '@millrace/api';
import { create } from 'zustand';
import { api, errorText } from '../api.ts';

interface PipelinesState {
  /** Newest first; null until the server has answered. */
  readonly pipelines: readonly PipelineSummary[] | null;
  readonly examples: readonly ExampleView[];
  readonly failure: string | null;
}

export const usePipelines = create<PipelinesState>(() => ({ pipelines: null, examples: [], failure: null }));

export async function refreshPipelines(): Promise<void> {
  try {
    const [pipelines, examples] = await Promise.all([api.pipelines.list.query(), api.examples.list.query()]);
    usePipelines.setState({
      pipelines: pipelines.toSorted((left, right) => right.updatedAtMs - left.updatedAtMs),
      examples,
      failure: null,
    });
  } catch (error) {
    usePipelines.setState({ failure: errorText(error) });
  }
}

const refreshMs = 3000;

/** @returns what ends it */
export function followPipelines(): () => void {
  void refreshPipelines();
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void refreshPipelines();
  }, refreshMs);
  return () => clearInterval(timer);
}
