import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FieldMeta,
  nodeKinds,
  pipelineJsonSchema,
  readPipeline,
  topicCatalogue,
  validatePipeline,
} from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Holds a generated file against what would be generated now; UPDATE_DOCS=1 writes it. */
function expectGenerated(path: string, content: string): void {
  const file = join(root, path);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, content);
  expect(readFileSync(file, 'utf8'), `${path} is out of date: UPDATE_DOCS=1 npx vitest run tests/docs`).toBe(content);
}

describe('the generated documents', () => {
  it('publish the document format as JSON Schema', () => {
    expectGenerated('docs/pipeline.schema.json', `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);
  });

  it('have a page for each node kind', () => {
    for (const kind of Object.values(nodeKinds)) {
      const fields = Object.entries(kind.config.shape).map(([name, schema]) => {
        const { label, help } = ((schema as z.ZodType).meta() as unknown as { field: FieldMeta }).field;
        return `| \`${name}\` | ${label} | ${help} |`;
      });
      const page = [
        `# ${kind.title}`,
        kind.summary,
        kind.prose,
        '## Settings',
        ['| setting | on the screen | what it does |', '|---|---|---|', ...fields].join('\n'),
        '## Example',
        kind.example.says,
        `\`\`\`json\n${JSON.stringify({ kind: kind.name, config: kind.example.config }, null, 2)}\n\`\`\``,
      ].join('\n\n');
      expectGenerated(`docs/nodes/${kind.name}.md`, `${page}\n`);
    }
  });
});

describe('the examples of the node kinds', () => {
  it.each(Object.values(nodeKinds))('of $name have a config that the kind takes', (kind) => {
    expect(kind.config.safeParse(kind.example.config).error).toBeUndefined();
    expect(kind.config.safeParse(kind.initialConfig()).error).toBeUndefined();
  });
});

describe('the example pipelines', () => {
  it.each(['flight-delays', 'busy-routes'])('%s is valid over the topics it names', (id) => {
    const read = readPipeline(JSON.parse(readFileSync(join(root, `examples/${id}/${id}.pipeline.json`), 'utf8')));
    if (!read.ok) throw new Error(read.diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    const unknown = { kind: 'unknown' } as const;
    const catalogue = topicCatalogue(
      ['flights', 'airports'].map((name) => ({
        name,
        partitions: 4,
        keyFormat: 'string' as const,
        key: unknown,
        value: unknown,
        sampled: 0,
        latest: [],
      })),
    );
    expect(validatePipeline(read.pipeline, catalogue).diagnostics).toEqual([]);
  });
});
