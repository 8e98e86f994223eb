import type { PipelineNode } from '@millrace/engine';
import { duration } from '../live/figures.ts';
import { numberOf, textOf } from './node-face.ts';

/** The windows of a config in a few words; null where it has none. */
export function windowSummary(config: PipelineNode['config']): string | null {
  const lengthMs = numberOf(config, 'windowMs');
  if (lengthMs === null) return null;
  const graceMs = numberOf(config, 'graceMs') ?? 0;
  const grace = graceMs === 0 ? 'no grace' : `grace ${duration(graceMs)}`;
  switch (textOf(config, 'window')) {
    case 'tumbling':
      return `${duration(lengthMs)} windows, ${grace}`;
    case 'hopping':
      return `${duration(lengthMs)} windows every ${duration(numberOf(config, 'advanceMs') ?? 0)}, ${grace}`;
    case 'sliding':
      return `${duration(lengthMs)} sliding, ${grace}`;
    case 'session':
      return `sessions, gap ${duration(lengthMs)}, ${grace}`;
    default:
      return null;
  }
}
