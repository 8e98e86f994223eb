import type { Diagnostic, PipelineNode } from '@millrace/engine';
import { useCatalogue } from '../document/catalogue-store.ts';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { Icon } from '../icons.tsx';
import { numberOf, textOf } from '../nodes/node-face.ts';
import { portsOf } from '../nodes/ports.ts';
import { footTypeText, keyName } from '../nodes/type-text.ts';
import { words } from '../words.ts';

interface FootProps {
  readonly node: PipelineNode;
  readonly errors: readonly Diagnostic[];
}

/** The first sentence of a message: what fits a node; the whole stands in the inspector. */
export function firstSentence(message: string): string {
  return /^.*?[.?](?=\s|$)/.exec(message)?.[0] ?? message;
}

/** While editing: the type of what comes out, or why it is not right. */
export function EditFoot({ node, errors }: FootProps) {
  const [error] = errors;
  const text = useTypeText(node);
  if (error !== undefined) {
    return (
      <div className="foot" data-severity="error" title={error.message}>
        <Icon name="invalid" size={14} />
        <span className="cut">{firstSentence(error.message)}</span>
      </div>
    );
  }
  return (
    <div className="foot">
      <span className={text.isCode ? 'mono cut' : 'cut'} title={text.text}>
        {text.text}
      </span>
    </div>
  );
}

export function FarLine({ node, errors }: FootProps) {
  const text = useTypeText(node);
  return <p className="far">{errors.length > 0 ? words.top.problems(errors.length) : text.text}</p>;
}

function useTypeText(node: PipelineNode): { readonly text: string; readonly isCode: boolean } {
  const [output] = portsOf(node).outputs;
  const type = useValidation((state) =>
    output === undefined ? undefined : state.outputs.get(`${node.id}.${output.name}`),
  );
  const catalogue = useCatalogue((state) => state.catalogue);
  const key = useDocument(({ pipeline }) => (pipeline === null ? null : keyName(pipeline, node.id, catalogue)));
  const topic = textOf(node.config, 'topic');
  const partitions = useCatalogue((state) => state.catalogue.topic(topic)?.partitions ?? null);
  if (output === undefined) {
    const count = partitions ?? numberOf(node.config, 'partitions');
    if (count === null) return { text: words.node.noType, isCode: false };
    return {
      text: partitions === null ? `${words.inspector.partitions(count)}, new topic` : words.inspector.partitions(count),
      isCode: false,
    };
  }
  return type === undefined
    ? { text: words.node.noType, isCode: false }
    : { text: footTypeText(type, key), isCode: true };
}
