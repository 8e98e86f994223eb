import { idPattern, type Pipeline, readPipeline } from '@millrace/engine';
import { words } from '../words.ts';

/** An id made of a name: `Flight delays` becomes `flight-delays`. The server makes it free. */
export function idOfName(name: string): string {
  const id = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  return idPattern.test(id) ? id : 'pipeline';
}

export type ReadFile =
  | { readonly ok: true; readonly pipeline: Pipeline }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a file of one's own. */
export function readPipelineText(text: string): ReadFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      problems: [`${words.first.fileNotJson} ${error instanceof Error ? error.message : ''}`.trim()],
    };
  }
  const result = readPipeline(json);
  return result.ok ? result : { ok: false, problems: result.diagnostics.map((found) => found.message) };
}
