import { type InputFiles, readInputs } from '../input-option.ts';
import { checkPipeline, readPipelineFile } from '../pipeline-file.ts';
import { sourceCatalogue } from '../source-topics.ts';

export interface ValidateOptions {
  readonly input: InputFiles;
}

/**
 * Says whether a pipeline could be deployed. Without samples every topic that a source reads is taken to exist, with records of any form;
 * a sample lets mistakes in fields show.
 * @throws CommandFailure
 */
export async function validate(path: string, { input }: ValidateOptions): Promise<void> {
  const file = await readPipelineFile(path);
  const topics = await readInputs(file.pipeline, input);
  const knowledge = new Map([...topics].map(([name, topic]) => [name, topic.knowledge]));
  for (const line of checkPipeline(file, sourceCatalogue(file.pipeline, 1, knowledge))) console.error(line);
  const { nodes, edges } = file.pipeline;
  console.log(`${path} is valid: ${counted(nodes.length, 'node')}, ${counted(edges.length, 'edge')}.`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
