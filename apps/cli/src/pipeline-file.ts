import { readFile } from 'node:fs/promises';
import {
  type Diagnostic,
  hasErrors,
  type Pipeline,
  readPipeline,
  type TopicCatalogue,
  validatePipeline,
} from '@millrace/engine';
import { CommandFailure, fileFailure } from './command-failure.ts';
import { JsonPlaces, JsonSyntaxError, placeAt } from './json-places.ts';

/** A pipeline as read from its file, with what it takes to say where in the file something is wrong. */
export interface PipelineFile {
  readonly path: string;
  readonly pipeline: Pipeline;
  readonly places: JsonPlaces;
}

/** @throws CommandFailure when the file cannot be read, is not JSON, or is not a pipeline. */
export async function readPipelineFile(path: string): Promise<PipelineFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileFailure(path, 'read', error);
  }
  const places = jsonPlaces(path, text);
  const result = readPipeline(JSON.parse(text));
  if (!result.ok) {
    throw new CommandFailure(
      result.diagnostics.map(({ path: at, message }) => {
        const { line, column } = places.place(at);
        return `${path}:${line}:${column}: ${message}`;
      }),
    );
  }
  return { path, pipeline: result.pipeline, places };
}

/**
 * Validates the pipeline. Gives the lines to print when all that was found are warnings.
 * @throws CommandFailure with all lines when there are errors
 */
export function checkPipeline(file: PipelineFile, catalogue: TopicCatalogue): readonly string[] {
  const { diagnostics } = validatePipeline(file.pipeline, catalogue);
  const lines = diagnostics.map((diagnostic) => diagnosticLine(file, diagnostic));
  if (hasErrors(diagnostics)) throw new CommandFailure(lines);
  return lines;
}

function jsonPlaces(path: string, text: string): JsonPlaces {
  try {
    return new JsonPlaces(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = placeAt(text, error.offset);
    throw new CommandFailure([`${path}:${line}:${column}: ${error.message}`]);
  }
}

/** `file:line: node 'name' config.path 1:7: message (fix: …)`; 1:7 is the place in the expression that stands at the path. */
function diagnosticLine({ path: file, pipeline, places }: PipelineFile, diagnostic: Diagnostic): string {
  const index = pipeline.nodes.findIndex((node) => node.id === diagnostic.node);
  const node = pipeline.nodes[index];
  const parts = [file];
  if (node !== undefined) {
    const { line } = places.place([
      'nodes',
      index,
      ...(diagnostic.path.length === 0 ? [] : ['config', ...diagnostic.path]),
    ]);
    parts[0] = `${file}:${line}`;
    const at = diagnostic.path.length === 0 ? '' : ` ${['config', ...diagnostic.path].join('.')}`;
    parts.push(`node '${node.name}'${at}${expressionPlace(node.config, diagnostic)}`);
  }
  const fix = diagnostic.fix === undefined ? '' : ` (fix: ${diagnostic.fix.title})`;
  parts.push(`${diagnostic.severity === 'error' ? '' : `${diagnostic.severity}: `}${diagnostic.message}${fix}`);
  return parts.join(': ');
}

function expressionPlace(config: unknown, { path, span }: Diagnostic): string {
  if (span === undefined) return '';
  let found = config;
  for (const step of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined;
  if (typeof found !== 'string') return '';
  const { line, column } = placeAt(found, span.start);
  return ` ${line}:${column}`;
}
