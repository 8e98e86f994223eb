import { z } from 'zod';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { field } from '../field.ts';
import { booleanType, checkExpression, NodeExpression, recordRoots } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';

/** The port that takes what no branch takes. */
const otherwisePort = 'otherwise';

const branchSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,30}$/, 'A branch is named with 1 to 30 of the characters a–z, 0–9 and -.')
    .meta(
      field({
        label: 'Name',
        widget: 'text',
        help: 'Names the output. It has 1 to 30 of a–z, 0–9 and -.',
        placeholder: 'large',
      }),
    ),
  condition: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'Takes records where',
        widget: 'expression',
        help: 'The first branch whose condition is true takes the record.',
        placeholder: 'value.amount > 100',
      }),
    ),
});

const config = z.strictObject({
  branches: z
    .array(branchSchema)
    .min(1)
    .max(20)
    .meta(
      field({
        label: 'Branches',
        widget: 'list',
        itemName: 'branch',
        help: 'Asked from the first to the last. Each has an output of its name.',
      }),
    ),
  otherwise: z
    .boolean()
    .default(true)
    .meta(
      field({
        label: 'An output for the others',
        widget: 'switch',
        help: 'Records that no branch takes leave by the output “otherwise”. Without it they end here.',
      }),
    ),
});

export type BranchConfig = z.infer<typeof config>;

export const branch: NodeKind<BranchConfig> = {
  name: 'branch',
  title: 'Branch',
  summary: 'Parts a stream: each record leaves by the first branch whose condition is true.',
  prose: `Every record leaves by exactly one output, unchanged: that of the first branch whose condition is true. What no branch takes leaves by the output "otherwise", or ends here and is counted as filtered where there is no such output.

Conditions behind the one that was true are not asked. A record on which a condition fails (a field of it is missing, say) follows the node's error policy and leaves by no output.`,
  example: {
    config: {
      branches: [
        { name: 'large', condition: 'value.amount >= 1000' },
        { name: 'foreign', condition: 'value.currency != "EUR"' },
      ],
      otherwise: true,
    },
    says: 'Large payments leave by one output, small foreign ones by a second, all others by a third.',
  },
  category: 'records',
  config,
  initialConfig: () => ({ branches: [{ name: 'first', condition: '' }], otherwise: true }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'stream' }],
  outputs: ({ branches, otherwise }) => [
    ...branches.map(({ name }) => ({ name, title: name })),
    ...(otherwise ? [{ name: otherwisePort, title: 'Otherwise' }] : []),
  ],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    checkNames(settings, context);
    for (const [index, { name, condition }] of settings.branches.entries()) {
      checkExpression(condition, ['branches', index, 'condition'], recordRoots(input), context, {
        expect: booleanType,
        missing: `Say which records the branch ${name} takes, for example value.amount > 100.`,
        inputName: context.inputName('in'),
      });
    }
    if (input === undefined) return new Map();
    return new Map(branch.outputs(settings).map(({ name }) => [name, input]));
  },
  expressions: ({ branches }, inputs) => {
    const roots = recordRoots(inputs.get('in'));
    return branches.map((_, index) => ({ path: ['branches', index, 'condition'], roots }));
  },
  plan: (settings, planner) => {
    const flow = planner.processor({ processor: 'branch', config: settings, inputs: { in: planner.input('in') } });
    for (const { name } of branch.outputs(settings)) planner.output(name, { ...flow, port: name });
  },
};

export function branchProcessor(context: ProcessorContext): Processor {
  const { branches, otherwise } = context.spec.config as BranchConfig;
  const conditions = branches.map(({ name, condition }, index) => ({
    name,
    path: ['branches', index, 'condition'],
    holds: new NodeExpression(condition, ['branches', index, 'condition']),
  }));
  return {
    inputs: {
      in: (record) => {
        for (const { name, path, holds } of conditions) {
          const result = holds.evaluate(record);
          if (typeof result !== 'boolean') {
            throw new RecordError(
              'type',
              `The condition of the branch ${name} gave ${JSON.stringify(result)?.slice(0, 60)}, and only true or false will do.`,
              path,
            );
          }
          if (result) {
            context.forward(record, name);
            return;
          }
        }
        if (otherwise) context.forward(record, otherwisePort);
      },
    },
  };
}

function checkNames({ branches, otherwise }: BranchConfig, context: CheckContext): void {
  const names = new Set<string>();
  for (const [index, { name }] of branches.entries()) {
    if (names.has(name)) {
      context.report({
        code: 'duplicate-name',
        path: ['branches', index, 'name'],
        message: `Two branches are called ${name}. Give one of them another name.`,
      });
    } else if (otherwise && name === otherwisePort) {
      context.report({
        code: 'duplicate-name',
        path: ['branches', index, 'name'],
        message: `The output for all others is called ${otherwisePort} already. Give this branch another name.`,
      });
    }
    names.add(name);
  }
}
