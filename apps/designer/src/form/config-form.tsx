import { type Diagnostic, nodeKind, type PipelineNode, type PortType } from '@millrace/engine';
import type { RootTypes } from '@millrace/expression';
import { useId, useMemo, useState } from 'react';
import { useCanvas } from '../canvas/canvas-store.ts';
import { fixOf } from '../document/apply-fix.ts';
import { configAt, configWith } from '../document/commands.ts';
import { configure } from '../document/configure.ts';
import { apply } from '../document/document-store.ts';
import { useDiagnosticsOf } from '../document/validation-store.ts';
import { DiagnosticMessage, ExpressionEditor } from '../expression-editor/expression-editor.tsx';
import type { LatestRoots } from '../expression-editor/latest-value.ts';
import { faceOf } from '../nodes/faces.ts';
import { portsOf } from '../nodes/ports.ts';
import { words } from '../words.ts';
import { AggregationsField } from './aggregations-field.tsx';
import { Choice } from './choice.tsx';
import { type ConfigField, configFields, isShown, newItem, withInitials } from './config-fields.ts';
import { ListField } from './list-field.tsx';
import { DurationField, NumberField } from './number-field.tsx';
import { Switch } from './switch.tsx';
import { TextField } from './text-field.tsx';
import { TextsField } from './texts-field.tsx';
import { TopicField } from './topic-field.tsx';

interface ConfigFormProps {
  readonly node: PipelineNode;
  /** The types that arrive at the inputs, as far as they are known. */
  readonly inputs: ReadonlyMap<string, PortType>;
  readonly latest: LatestRoots;
}

type Path = readonly (string | number)[];
/** So many findings about the node as a whole stand above its fields; all of them are in the list of problems. */
const shownElsewhere = 3;
const noRoots: RootTypes = {};
const pathKey = (path: Path): string => path.join('\u0000');

/** The form of a node, made of its kind's schema. */
export function ConfigForm({ node, inputs, latest }: ConfigFormProps) {
  const kind = nodeKind(node.kind);
  const fields = useMemo(() => (kind === undefined ? [] : configFields(kind.config)), [kind]);
  const diagnostics = useDiagnosticsOf(node.id);
  const config = withInitials(fields, node.config);
  const unused = new Set(faceOf(node.kind)?.unused?.(config as PipelineNode['config'], inputs) ?? []);
  // What does not matter is shown all the same while something is said there, or wrong.
  const isUnused = ({ name, initial }: ConfigField): boolean =>
    unused.has(name) &&
    JSON.stringify(config[name]) === JSON.stringify(initial ?? '') &&
    !diagnostics.some((found) => found.path[0] === name);
  const shown = fields.filter((field) => isShown(field, config) && !isUnused(field));
  const ownPaths = shown.map((field) => field.name);
  const elsewhere = diagnostics.filter((found) => !ownPaths.includes(String(found.path[0])));
  return (
    <>
      {elsewhere.length > 0 && (
        <div className="sec">
          {elsewhere.slice(0, shownElsewhere).map((diagnostic) => (
            <DiagnosticMessage
              key={`${diagnostic.code}${diagnostic.message}`}
              diagnostic={diagnostic}
              onFix={(found) => apply(fixOf(found))}
            />
          ))}
          {elsewhere.length > shownElsewhere && (
            <p className="help">{words.inspector.moreProblems(elsewhere.length - shownElsewhere)}</p>
          )}
        </div>
      )}
      <div className="sec">
        {shown.map((field, index) => (
          <FieldRow
            key={field.name}
            field={field}
            path={[field.name]}
            node={node}
            inputs={inputs}
            latest={latest}
            diagnostics={diagnostics}
            isFirst={index === 0}
          />
        ))}
      </div>
    </>
  );
}

interface FieldRowProps extends ConfigFormProps {
  readonly field: ConfigField;
  /** Where its value stands in the config. */
  readonly path: Path;
  readonly diagnostics: readonly Diagnostic[];
  readonly isFirst: boolean;
  /** Whether its help stands under it; said once for all items of a list. */
  readonly hasHelp?: boolean | undefined;
}

function FieldRow({ field, path, node, inputs, latest, diagnostics, isFirst, hasHelp = true }: FieldRowProps) {
  const id = useId();
  const { meta } = field;
  const name = String(path[0]);
  const place = useCanvas((state) => (state.place?.node === node.id ? state.place : null));
  const roots = useMemo(() => expressionRoots(node, inputs), [node, inputs]);
  const at = (wanted: Path): readonly Diagnostic[] =>
    diagnostics.filter((found) => pathKey(found.path) === pathKey(wanted));
  const own = at(path);
  const isInvalid = own.some((found) => found.severity === 'error');
  const value = configAt(node.config, path) ?? field.initial;
  const [refused, setRefused] = useState<string | null>(null);
  const text = typeof value === 'string' ? value : '';
  const setAt = (wanted: Path, next: PipelineNode['config'][string] | undefined): void =>
    apply(configure(node.id, wanted, next));
  const set = (next: PipelineNode['config'][string] | undefined): void => setAt(path, next);
  const fix = (found: Diagnostic): void => apply(fixOf(found));
  const caretAt = (wanted: Path) => (place !== null && pathKey(place.path) === pathKey(wanted) ? place : null);
  /** An item that was just added has the roots of the first one until the config is read again. */
  const rootsAt = (wanted: Path): RootTypes =>
    roots.get(pathKey(wanted)) ??
    roots.get(pathKey(wanted.map((step) => (typeof step === 'number' ? 0 : step)))) ??
    noRoots;
  const isExpression = meta.widget === 'expression';
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const itemName = meta.itemName ?? words.inspector.item;
  return (
    <div
      className="config-field"
      data-field={path.join('.')}
      data-widget={meta.widget}
      data-first-field={isFirst || undefined}
    >
      {isExpression || meta.widget === 'aggregations' || meta.widget === 'list' ? (
        <div className="lab">
          <span>{meta.label}</span>
          {isExpression && <span className="dim">{words.inspector.expression}</span>}
        </div>
      ) : meta.widget === 'switch' ? (
        <div className="lab">
          <label htmlFor={id}>{meta.label}</label>
          <Switch id={id} isOn={value === true} onChange={set} />
        </div>
      ) : (
        <label className="lab" htmlFor={id}>
          <span>{meta.label}</span>
        </label>
      )}
      {widget()}
      {!isExpression &&
        own.map((diagnostic) => <DiagnosticMessage key={diagnostic.message} diagnostic={diagnostic} onFix={fix} />)}
      {refused !== null && <p className="help g-bad">{refused}</p>}
      {hasHelp && <p className="help">{meta.help}</p>}
    </div>
  );

  function widget() {
    switch (meta.widget) {
      case 'expression':
        return (
          <ExpressionEditor
            label={meta.label}
            placeholder={meta.placeholder ?? ''}
            value={text}
            roots={rootsAt(path)}
            latest={latest}
            diagnostics={own}
            caret={caretAt(path)}
            onChange={set}
            onFix={fix}
          />
        );
      case 'topic':
      case 'new-topic':
        return (
          <TopicField
            id={id}
            label={meta.label}
            value={text}
            placeholder={meta.placeholder ?? ''}
            isInvalid={isInvalid}
            mayBeNew={meta.widget === 'new-topic'}
            onChange={set}
          />
        );
      case 'choice':
        return (
          <Choice
            id={id}
            value={text}
            options={meta.choices ?? field.options.map((option) => ({ value: option, label: option }))}
            isInvalid={isInvalid}
            onChange={set}
          />
        );
      case 'duration':
        return (
          <DurationField
            id={id}
            label={meta.label}
            value={typeof value === 'number' ? value : 0}
            isInvalid={isInvalid}
            onChange={set}
          />
        );
      case 'number':
        return (
          <NumberField
            id={id}
            value={typeof value === 'number' ? value : null}
            min={field.min}
            max={field.max}
            isInvalid={isInvalid}
            onChange={set}
          />
        );
      case 'aggregations':
        return (
          <AggregationsField
            value={value}
            name={name}
            rootsAt={rootsAt}
            latest={latest}
            diagnosticsAt={at}
            caretAt={caretAt}
            onChange={setAt}
            onFix={fix}
          />
        );
      case 'switch':
        return null;
      case 'texts':
        return <TextsField id={id} value={value} isInvalid={isInvalid} placeholder={meta.placeholder} onChange={set} />;
      case 'list':
        return (
          <ListField
            items={items}
            itemName={itemName}
            onAdd={(index) => setAt([...path, index], newItem(field.items, itemName, items))}
            onRemove={(index) => setAt([...path, index], undefined)}
            onMoveUp={field.items.some((inner) => inner.name === 'name') ? (index) => set(movedUp(items, index)) : null}
            row={(index, item) =>
              field.items
                .filter((inner) => isShown(inner, withInitials(field.items, item)))
                .map((inner) => (
                  <FieldRow
                    key={inner.name}
                    field={inner}
                    path={[...path, index, inner.name]}
                    node={node}
                    inputs={inputs}
                    latest={latest}
                    diagnostics={diagnostics}
                    isFirst={false}
                    hasHelp={index === firstShowing(field, inner, items)}
                  />
                ))
            }
          />
        );
      case 'field-path':
      case 'type':
      case 'text':
        return (
          <TextField
            id={id}
            value={text}
            placeholder={meta.placeholder}
            isInvalid={isInvalid || refused !== null}
            isMono={meta.widget !== 'text'}
            onChange={(typed) => {
              // An item of a list names ports and fields, which others hold on to: only a name that can stand takes the place of the old one.
              const refusal = path.length > 1 ? (field.refusalOf(typed) ?? nameRefusal(node, path, typed)) : null;
              setRefused(refusal);
              if (refusal === null) set(typed);
            }}
          />
        );
    }
  }
}

/** The first item that shows the field: there its help is said. */
function firstShowing(list: ConfigField, inner: ConfigField, items: readonly unknown[]): number {
  return items.findIndex(
    (item) => typeof item === 'object' && item !== null && isShown(inner, withInitials(list.items, { ...item })),
  );
}

/** Items with names of their own may change places: what holds on to them goes by the name. */
function movedUp(items: readonly unknown[], index: number): PipelineNode['config'][string] {
  return items.with(index - 1, items[index]).with(index, items[index - 1]) as PipelineNode['config'][string];
}

/** Why an item of a list cannot be called so, or null where it can: the others, and the ports that they make, have their names. */
function nameRefusal(node: PipelineNode, path: Path, name: string): string | null {
  if (path.at(-1) !== 'name') return null;
  const others = configAt(node.config, path.slice(0, -2));
  const own = path.at(-2);
  const isOther = (other: unknown, index: number): boolean =>
    index !== own && typeof other === 'object' && other !== null && 'name' in other && other.name === name;
  if (Array.isArray(others) && others.some(isOther)) return words.inspector.nameTaken(name);
  const ports = portsOf({ ...node, config: configWith(node.config, path, name) }).outputs.map((port) => port.name);
  return new Set(ports).size < ports.length ? words.inspector.nameTaken(name) : null;
}

/** The roots of each expression of a node by its path; none while the config cannot be read. */
function expressionRoots(node: PipelineNode, inputs: ReadonlyMap<string, PortType>): ReadonlyMap<string, RootTypes> {
  const kind = nodeKind(node.kind);
  const parsed = kind?.config.safeParse(node.config);
  if (kind === undefined || parsed === undefined || !parsed.success) return new Map();
  return new Map(kind.expressions(parsed.data, inputs).map((field) => [pathKey(field.path), field.roots]));
}
