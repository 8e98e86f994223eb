import type { Diagnostic } from '@millrace/engine';
import { type Command, configAt, configureNode } from './commands.ts';

/** The change that a diagnostic offers. A text that has changed since is left alone. */
export function fixOf(diagnostic: Diagnostic): Command {
  return (pipeline) => {
    const { node: id, fix, path } = diagnostic;
    const node = pipeline.nodes.find((candidate) => candidate.id === id);
    if (id === null || fix === undefined || node === undefined || path.length === 0) return pipeline;
    if (fix.span === undefined) return configureNode(id, path, fix.value)(pipeline);
    const text = configAt(node.config, path);
    const { start, end } = fix.span;
    if (typeof text !== 'string' || typeof fix.value !== 'string' || end > text.length) return pipeline;
    return configureNode(id, path, text.slice(0, start) + fix.value + text.slice(end))(pipeline);
  };
}
