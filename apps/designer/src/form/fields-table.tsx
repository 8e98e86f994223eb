import type { PortType } from '@millrace/engine';
import { formatValueType, type ObjectField, type ValueType } from '@millrace/expression';
import { insertIntoActiveEditor } from '../expression-editor/active-editor.ts';
import { brief } from '../live/figures.ts';
import { words } from '../words.ts';
import type { NodeInput } from './node-inputs.ts';

/** The fields of an object type; of a union the object among it. */
export function fieldsOf(type: ValueType): readonly ObjectField[] {
  if (type.kind === 'object') return type.fields;
  if (type.kind !== 'union') return [];
  return type.members.flatMap((member) => (member.kind === 'object' ? member.fields : []));
}

interface FieldsTableProps {
  readonly type: PortType;
  /** The newest value, or undefined where none is at hand. */
  readonly latest?: unknown;
  /** What stands before a field's name when it is written into an expression; null where nothing is written. */
  readonly root: string | null;
  /** The field that a problem says is the closest. */
  readonly closest?: string | null | undefined;
}

/** Field, type and, where a topic is right before, the latest value. */
export function FieldsTable({ type, latest, root, closest = null }: FieldsTableProps) {
  const fields = fieldsOf(type.value);
  const hasLatest = latest !== undefined;
  if (fields.length === 0) {
    return (
      <p className="help">{type.value.kind === 'unknown' ? words.inspector.anyFields : formatValueType(type.value)}</p>
    );
  }
  const valueAt = (name: string): unknown =>
    typeof latest === 'object' && latest !== null && Object.hasOwn(latest, name)
      ? (latest as Record<string, unknown>)[name]
      : undefined;
  return (
    <table className="fields-table">
      <thead>
        <tr>
          <th scope="col">{words.inspector.field}</th>
          <th scope="col">{words.inspector.type}</th>
          {hasLatest && <th scope="col">{words.inspector.latest}</th>}
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field.name} data-closest={field.name === closest || undefined}>
            <td className="mono">
              {root === null ? (
                field.name
              ) : (
                <button
                  type="button"
                  className="cut"
                  title={words.inspector.insert(pathOf(root, field.name))}
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => insertIntoActiveEditor(pathOf(root, field.name))}
                >
                  {field.name}
                </button>
              )}
            </td>
            <td className="dim2">
              {formatValueType(field.type, 2)}
              {field.optional && <span className="dim"> {words.inspector.optional}</span>}
            </td>
            {hasLatest && <td className="mono">{brief(valueAt(field.name), 40)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function pathOf(root: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}

export function InputSection({
  input,
  keyText,
  closest,
}: {
  readonly input: NodeInput;
  readonly keyText: string;
  readonly closest: string | null;
}) {
  const { type } = input;
  return (
    <div className="sec" data-testid={`input-${input.port}`}>
      <div className="lab">
        <span className="flex items-center gap-[7px] min-w-0">
          <i className="gl" data-shape={type?.shape ?? 'stream'} />
          <span className="cut">{words.inspector.input(input.fromName ?? input.title)}</span>
        </span>
        {type !== null && <span className="dim">{words.inspector.shapeKey(type.shape, keyText)}</span>}
      </div>
      {input.fromName === null ? (
        <p className="help">{words.inspector.notWiredHelp}</p>
      ) : type === null ? (
        <p className="help">{words.inspector.anyFields}</p>
      ) : (
        <FieldsTable type={type} latest={input.latest?.value} root={input.root} closest={closest} />
      )}
    </div>
  );
}
