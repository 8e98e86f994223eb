import { type CatalogueRecord, deadLetterHeaders } from '@millrace/engine';

/** Why a record lies in the dead-letter topic. */
export interface DeadLetter {
  readonly node: string;
  readonly port: string | null;
  readonly message: string;
  /** `topic-partition@offset` of the record that was being processed. */
  readonly source: string | null;
}

/** Reads the cause from the headers of a dead letter; null where there are none. */
export function readDeadLetter(record: CatalogueRecord): DeadLetter | null {
  const { headers } = record;
  if (headers === undefined) return null;
  const text = (name: string): string | null => (Object.hasOwn(headers, name) ? headers[name] || null : null);
  const node = text(deadLetterHeaders.node);
  const message = text(deadLetterHeaders.message);
  if (node === null || message === null) return null;
  return { node, message, port: text(deadLetterHeaders.port), source: text(deadLetterHeaders.source) };
}
