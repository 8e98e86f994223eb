import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { nodeOf } from '../nodes/pipeline-index.ts';
import { portsOf } from '../nodes/ports.ts';
import { type Verdicts, verdictsFrom } from './wire-check.ts';

/** What every port of the other side says to a wire from this end. */
export function verdictsOf(end: string, side: 'source' | 'target'): Verdicts {
  const { pipeline } = useDocument.getState();
  if (pipeline === null) return new Map();
  const ports = (id: string) => {
    const node = nodeOf(pipeline, `${id}.`);
    return node === null ? null : portsOf(node);
  };
  return verdictsFrom(
    end,
    side,
    { pipeline, outputs: useValidation.getState().outputs, inputsOf: (id) => ports(id)?.inputs ?? [] },
    (id) => (ports(id)?.outputs ?? []).map((port) => port.name),
  );
}
