import { type Diagnostic, nodeKind, type PipelineNode, type PortType } from '@millrace/engine';
import type { RootTypes } from '@millrace/expression';
import { useId, useMemo } from 'react';
import { useCanvas } from '../canvas/canvas-store.ts';
import { fixOf } from '../document/apply-fix.ts';
import { configAt, configureNode } from '../document/commands.ts';
import { apply } from '../document/document-store.ts';
import { useDiagnosticsOf } from '../document/validation-store.ts';
import { DiagnosticMessage, ExpressionEditor } from '../expression-editor/expression-editor.tsx';
import type { LatestRoots } from '../expression-editor/latest-value.ts';
import { words } from '../words.ts';
import { AggregationsField } from './aggregations-field.tsx';
import { Choice } from './choice.tsx';
import { type ConfigField, configFields, isShown } from './config-fields.ts';
import { DurationField, NumberField } from './number-field.tsx';
import { TextField } from './text-field.tsx';
import { TopicField } from './topic-field.tsx';

interface ConfigFormProps {
  readonly node: PipelineNode;
  /** The types that arrive at the inputs, as far as they are known. */
  readonly inputs: ReadonlyMap<string, PortType>;
  readonly latest: LatestRoots;
}

type Path = readonly (string | number)[];
const noRoots: RootTypes = {};
const pathKey = (path: Path): string => path.join('\u0000');

/** The form of a node, made of its kind's schema. */
export function ConfigForm({ node, inputs, latest }: ConfigFormProps) {
  const kind = nodeKind(node.kind);
  const fields = useMemo(() => (kind === undefined ? [] : configFields(kind.config)), [kind]);
  const shown = fields.filter((field) => isShown(field, node.config));
  const diagnostics = useDiagnosticsOf(node.id);
  const ownPaths = shown.map((field) => field.name);
  const elsewhere = diagnostics.filter((found) => !ownPaths.includes(String(found.path[0])));
  return (
    <>
      {elsewhere.length > 0 && (
        <div className="sec">
          {elsewhere.map((diagnostic) => (
            <DiagnosticMessage
              key={`${diagnostic.code}${diagnostic.message}`}
              diagnostic={diagnostic}
              onFix={(found) => apply(fixOf(found))}
            />
          ))}
        </div>
      )}
      <div className="sec">
        {shown.map((field, index) => (
          <FieldRow
            key={field.name}
            field={field}
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
  readonly diagnostics: readonly Diagnostic[];
  readonly isFirst: boolean;
}

function FieldRow({ field, node, inputs, latest, diagnostics, isFirst }: FieldRowProps) {
  const id = useId();
  const { meta, name } = field;
  const place = useCanvas((state) => (state.place?.node === node.id ? state.place : null));
  const roots = useMemo(() => expressionRoots(node, inputs), [node, inputs]);
  const at = (path: Path): readonly Diagnostic[] =>
    diagnostics.filter((found) => pathKey(found.path) === pathKey(path));
  const own = at([name]);
  const isInvalid = own.some((found) => found.severity === 'error');
  const value = configAt(node.config, [name]);
  const text = typeof value === 'string' ? value : '';
  const set = (path: Path, next: PipelineNode['config'][string] | undefined): void =>
    apply(configureNode(node.id, path, next));
  const fix = (found: Diagnostic): void => apply(fixOf(found));
  const caretAt = (path: Path) => (place !== null && pathKey(place.path) === pathKey(path) ? place : null);
  const isExpression = meta.widget === 'expression';
  const hasOwnMessages = isExpression;
  return (
    <div className="config-field" data-field={name} data-first-field={isFirst || undefined}>
      {isExpression || meta.widget === 'aggregations' ? (
        <div className="lab">
          <span>{meta.label}</span>
          {isExpression && <span className="dim">{words.inspector.expression}</span>}
        </div>
      ) : (
        <label className="lab" htmlFor={id}>
          <span>{meta.label}</span>
        </label>
      )}
      {widget()}
      {!hasOwnMessages &&
        own.map((diagnostic) => <DiagnosticMessage key={diagnostic.message} diagnostic={diagnostic} onFix={fix} />)}
      <p className="help">{meta.help}</p>
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
            roots={roots.get(pathKey([name])) ?? noRoots}
            latest={latest}
            diagnostics={own}
            caret={caretAt([name])}
            onChange={(next) => set([name], next)}
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
            onChange={(next) => set([name], next)}
          />
        );
      case 'choice':
        return (
          <Choice
            id={id}
            value={text}
            options={meta.choices ?? field.options.map((option) => ({ value: option, label: option }))}
            isInvalid={isInvalid}
            onChange={(next) => set([name], next)}
          />
        );
      case 'duration':
        return (
          <DurationField
            id={id}
            label={meta.label}
            value={typeof value === 'number' ? value : 0}
            isInvalid={isInvalid}
            onChange={(next) => set([name], next)}
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
            onChange={(next) => set([name], next)}
          />
        );
      case 'aggregations':
        return (
          <AggregationsField
            value={value}
            name={name}
            rootsAt={(path) =>
              roots.get(pathKey(path)) ?? roots.get(pathKey([...path.slice(0, 1), 0, 'value'])) ?? noRoots
            }
            latest={latest}
            diagnosticsAt={at}
            caretAt={caretAt}
            onChange={set}
            onFix={fix}
          />
        );
      case 'field-path':
      case 'text':
        return (
          <TextField
            id={id}
            value={text}
            placeholder={meta.placeholder}
            isInvalid={isInvalid}
            isMono={meta.widget === 'field-path'}
            onChange={(next) => set([name], next)}
          />
        );
    }
  }
}

/** The roots of each expression of a node by its path; none while the config cannot be read. */
function expressionRoots(node: PipelineNode, inputs: ReadonlyMap<string, PortType>): ReadonlyMap<string, RootTypes> {
  const kind = nodeKind(node.kind);
  const parsed = kind?.config.safeParse(node.config);
  if (kind === undefined || parsed === undefined || !parsed.success) return new Map();
  return new Map(kind.expressions(parsed.data, inputs).map((field) => [pathKey(field.path), field.roots]));
}
