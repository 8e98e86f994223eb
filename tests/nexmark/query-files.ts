import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pipeline, readPipeline } from '@millrace/engine';

const directory = join(import.meta.dirname, '../../examples/nexmark');

/** The documents of `examples/nexmark`, by number of the query. */
export function queryFiles(): ReadonlyMap<number, Pipeline> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.pipeline.json'));
  return new Map(
    files
      .map((file) => [Number(/^q(\d+)-/.exec(file)?.[1]), readQuery(join(directory, file))] as const)
      .sort(([a], [b]) => a - b),
  );
}

function readQuery(path: string): Pipeline {
  const read = readPipeline(JSON.parse(readFileSync(path, 'utf8')));
  if (!read.ok) throw new Error(`${path}: ${read.diagnostics.map(({ message }) => message).join(' ')}`);
  return read.pipeline;
}

/** The same query over the events of another seed. */
export function withSeed(pipeline: Pipeline, seed: number): Pipeline {
  const nodes = pipeline.nodes.map((node) =>
    node.kind === 'generator' ? { ...node, config: { ...node.config, seed } } : node,
  );
  return { ...pipeline, nodes };
}
