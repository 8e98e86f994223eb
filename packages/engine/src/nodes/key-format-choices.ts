import type { KeyFormat } from '../log/key-format.ts';

const labels: { readonly [Format in KeyFormat]: string } = {
  string: 'Text',
  json: 'JSON',
  int32: '32-bit integer',
  int64: '64-bit integer',
  double: 'Double',
  bytes: 'Bytes, shown as base64',
};

/** Key formats as forms and the node reference call them. */
export const keyFormatChoices = Object.entries(labels).map(([value, label]) => ({ value, label }));
