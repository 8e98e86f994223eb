import type { Diagnostic } from './diagnostic.ts';
import { formatVersion, type Pipeline, pipelineSchema } from './document.ts';

export type ReadPipelineResult =
  | { readonly ok: true; readonly pipeline: Pipeline }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads a document that anybody may have written. Unknown fields are refused with their path. */
export function readPipeline(json: unknown): ReadPipelineResult {
  const version = typeof json === 'object' && json !== null && 'formatVersion' in json ? json.formatVersion : undefined;
  if (typeof version === 'number' && version > formatVersion) {
    return {
      ok: false,
      diagnostics: [
        problem(
          ['formatVersion'],
          `The document has format version ${version}; this Millrace reads up to ${formatVersion}. Update Millrace.`,
        ),
      ],
    };
  }
  const refusal = refuseShape(json);
  if (refusal !== null) return { ok: false, diagnostics: [refusal] };
  const result = pipelineSchema.safeParse(json);
  if (result.success) return { ok: true, pipeline: result.data };
  return {
    ok: false,
    diagnostics: result.error.issues.flatMap((issue) => {
      const path = issue.path.map(pathStep);
      if (issue.code !== 'unrecognized_keys') return [problem(path, issue.message)];
      return issue.keys.map((key) => problem([...path, key], 'there is no such field.'));
    }),
  };
}

/** Levels of lists and objects; a real document has fewer than ten. */
const maxDepth = 64;

/**
 * What the schema's own recursion could not bear: nesting without end, and fields called `__proto__`, which it would leave out without a
 * word.
 */
function refuseShape(json: unknown): Diagnostic | null {
  const waiting: { readonly value: unknown; readonly path: readonly (string | number)[] }[] = [
    { value: json, path: [] },
  ];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (typeof at.value !== 'object' || at.value === null) continue;
    if (at.path.length >= maxDepth)
      return problem(at.path.slice(0, 8), `it is nested more than ${maxDepth} levels deep.`);
    const isList = Array.isArray(at.value);
    for (const [name, value] of Object.entries(at.value)) {
      const path = [...at.path, isList ? Number(name) : name];
      if (name === '__proto__') return problem(path, 'no field has this name.');
      waiting.push({ value, path });
    }
  }
  return null;
}

function pathStep(step: PropertyKey): string | number {
  return typeof step === 'symbol' ? String(step) : step;
}

function problem(path: readonly (string | number)[], message: string): Diagnostic {
  const place = path.length === 0 ? 'The document' : path.join('.');
  return { code: 'document', severity: 'error', node: null, path, message: `${place}: ${message}` };
}
