import { describeTopology, planTopology } from '@millrace/engine';
import { checkPipeline, readPipelineFile } from '../pipeline-file.ts';
import { sourceCatalogue } from '../source-topics.ts';

export interface DescribeOptions {
  readonly partitions: number;
}

/** Prints the planned topology. @throws CommandFailure */
export async function describe(path: string, { partitions }: DescribeOptions): Promise<void> {
  const file = await readPipelineFile(path);
  const catalogue = sourceCatalogue(file.pipeline, partitions);
  for (const line of checkPipeline(file, catalogue)) console.error(line);
  process.stdout.write(describeTopology(planTopology(file.pipeline, catalogue)));
}
