import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, type ExampleView } from '@millrace/api';
import { type Pipeline, readPipeline } from '@millrace/engine';
import { thumbnailOf } from '../pipelines/thumbnail.ts';

/** Listed first, in this order; others follow by id, q2 before q10. */
const first = ['flight-delays', 'busy-routes'];
const byNumbers = new Intl.Collator('en', { numeric: true });

/** What the examples of a folder that has several are called. */
const collections: { readonly [folder: string]: string } = { nexmark: 'Nexmark' };

interface Example {
  readonly pipeline: Pipeline;
  readonly collection: string | null;
}

/** The pipelines of the folder `examples`, read at the start. */
export class ExampleLibrary {
  readonly #examples: ReadonlyMap<string, Example>;

  private constructor(examples: ReadonlyMap<string, Example>) {
    this.#examples = examples;
  }

  /** @throws Error that names the example that is not a pipeline */
  static read(directory: string): ExampleLibrary {
    const examples = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((folder) =>
        readdirSync(join(directory, folder.name))
          .filter((file) => file.endsWith('.pipeline.json'))
          .map((file) => ({
            pipeline: readExample(join(directory, folder.name, file)),
            collection: collections[folder.name] ?? null,
          })),
      )
      .sort(
        ({ pipeline: left }, { pipeline: right }) =>
          rank(left.id) - rank(right.id) || byNumbers.compare(left.id, right.id),
      );
    return new ExampleLibrary(new Map(examples.map((example) => [example.pipeline.id, example])));
  }

  list(): readonly ExampleView[] {
    return [...this.#examples.values()].map(({ pipeline, collection }) => ({
      id: pipeline.id,
      collection,
      name: pipeline.name,
      description: pipeline.description,
      thumbnail: thumbnailOf(pipeline),
    }));
  }

  /** @throws ApiError `not-found` */
  pipeline(id: string): Pipeline {
    const example = this.#examples.get(id);
    if (example === undefined) throw new ApiError('not-found', `There is no example ${id}.`);
    return example.pipeline;
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
