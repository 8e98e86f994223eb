import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, type ExampleView } from '@millrace/api';
import { type Pipeline, readPipeline } from '@millrace/engine';
import { thumbnailOf } from '../pipelines/thumbnail.ts';

/** Listed first, in this order; others follow by name. */
const first = ['flight-delays', 'busy-routes'];

/** The pipelines of the folder `examples`, read at the start. */
export class ExampleLibrary {
  readonly #pipelines: ReadonlyMap<string, Pipeline>;

  private constructor(pipelines: ReadonlyMap<string, Pipeline>) {
    this.#pipelines = pipelines;
  }

  /** @throws Error that names the example that is not a pipeline */
  static read(directory: string): ExampleLibrary {
    const pipelines = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((folder) =>
        readdirSync(join(directory, folder.name))
          .filter((file) => file.endsWith('.pipeline.json'))
          .map((file) => readExample(join(directory, folder.name, file))),
      )
      .sort((left, right) => rank(left.id) - rank(right.id) || (left.id < right.id ? -1 : 1));
    return new ExampleLibrary(new Map(pipelines.map((pipeline) => [pipeline.id, pipeline])));
  }

  list(): readonly ExampleView[] {
    return [...this.#pipelines.values()].map((pipeline) => ({
      id: pipeline.id,
      name: pipeline.name,
      description: pipeline.description,
      thumbnail: thumbnailOf(pipeline),
    }));
  }

  /** @throws ApiError `not-found` */
  pipeline(id: string): Pipeline {
    const pipeline = this.#pipelines.get(id);
    if (pipeline === undefined) throw new ApiError('not-found', `There is no example ${id}.`);
    return pipeline;
  }
}

function readExample(path: string): Pipeline {
  const read = readPipeline(JSON.parse(readFileSync(path, 'utf8')));
  if (read.ok) return read.pipeline;
  throw new Error(`${path}: ${read.diagnostics.map((diagnostic) => diagnostic.message).join(' ')}`);
}

function rank(id: string): number {
  const at = first.indexOf(id);
  return at < 0 ? first.length : at;
}
