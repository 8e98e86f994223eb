import { z } from 'zod';

const headersSchema = z.record(z.string(), z.union([z.string(), z.null()]));
const windowBoundsSchema = z.object({
  start: z.union([z.number(), z.string()]),
  end: z.union([z.number(), z.string()]),
});

/** An operator of a case. What it may carry depends on `op`; the translation of each operator reads what it knows. */
const operatorSchema = z.looseObject({ id: z.string(), op: z.string() });

const topologySchema = z.looseObject({
  kind: z.string().optional(),
  keyType: z.string().optional(),
  valueType: z.string().optional(),
  nodes: z.array(operatorSchema).optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  commitEachInput: z.boolean().optional(),
});

/** One record that must come out, and the index of the input that makes it. Absent or null is what is not looked at. */
const emissionSchema = z.object({
  after: z.number(),
  sink: z.string(),
  key: z.unknown(),
  value: z.unknown(),
  ts: z.number().nullish(),
  window: windowBoundsSchema.nullish(),
  headers: headersSchema.nullish(),
});

const caseSchema = z.looseObject({
  id: z.string(),
  source: z.looseObject({
    class: z.string().optional(),
    method: z.string().optional(),
    path: z.string().optional(),
    basis: z.string().optional(),
  }),
  area: z.array(z.string()).default([]),
  topology: topologySchema,
  inputs: z.array(z.record(z.string(), z.unknown())).default([]),
  expected: z.unknown().optional(),
  droppedRecords: z.number().nullish(),
  expectedError: z.object({ contains: z.string().nullish(), atInput: z.number().nullish() }).nullish(),
  expectedDescribe: z.union([z.array(z.string()), z.string()]).nullish(),
  expectedStores: z.record(z.string(), z.unknown()).nullish(),
});

/** One case of a conformance file: a topology in the words of Kafka Streams, what goes in, and what must come out. */
export type ConformanceCase = z.infer<typeof caseSchema>;
export type CaseOperator = z.infer<typeof operatorSchema>;

export const expectedEmissions = z.array(emissionSchema);

/**
 * The cases of a conformance file.
 * @throws Error that says where the file is not one
 */
export function readConformanceCases(json: unknown): readonly ConformanceCase[] {
  const result = z.array(caseSchema).safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
  throw new Error(`This is no conformance file: ${at}: ${issue?.message ?? 'unknown'}`);
}
