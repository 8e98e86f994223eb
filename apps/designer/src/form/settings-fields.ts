import { type ErrorPolicy, pipelineSettingsSchema } from '@millrace/engine';
import { configFields } from './config-fields.ts';

/** What can be set of a pipeline as a whole. */
export const settingsFields = configFields(pipelineSettingsSchema);

/** What may happen to a record that fails; a node can say so for itself. */
export const errorPolicyChoices = (settingsFields.find(({ name }) => name === 'errorPolicy')?.meta.choices ??
  []) as readonly { readonly value: ErrorPolicy; readonly label: string }[];

export function errorPolicyLabel(policy: ErrorPolicy): string {
  return errorPolicyChoices.find(({ value }) => value === policy)?.label ?? policy;
}
