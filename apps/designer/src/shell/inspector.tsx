import { type Diagnostic, type ErrorPolicy, nodeKind, type PipelineNode } from '@millrace/engine';
import { formatValueType, functionDocs } from '@millrace/expression';
import { DropdownMenu, Tabs } from 'radix-ui';
import { useMemo, useState } from 'react';
import { deleteSelection, select } from '../canvas/canvas-store.ts';
import { useCatalogue } from '../document/catalogue-store.ts';
import { configAt, renameNode, setErrorPolicy } from '../document/commands.ts';
import { apply, useDocument } from '../document/document-store.ts';
import { useDiagnosticsOf, useValidation } from '../document/validation-store.ts';
import { CodeText } from '../expression-editor/expression-editor.tsx';
import { Choice } from '../form/choice.tsx';
import { type ConfigField, configFields } from '../form/config-fields.ts';
import { ConfigForm } from '../form/config-form.tsx';
import { FieldsTable, InputSection } from '../form/fields-table.tsx';
import { latestRoots, useNodeInputs } from '../form/node-inputs.ts';
import { errorPolicyChoices, errorPolicyLabel } from '../form/settings-fields.ts';
import { Icon, KindIcon } from '../icons.tsx';
import { faceOf } from '../nodes/faces.ts';
import { useNodeShape } from '../nodes/node-shape.ts';
import { portsOf } from '../nodes/ports.ts';
import { keyName } from '../nodes/type-text.ts';
import { words } from '../words.ts';
import { NameField } from './name-field.tsx';
import { Panel } from './panel.tsx';

/** Edit: the selected node to configure, what comes out of it, and what its kind does. */
export function Inspector({ node }: { readonly node: PipelineNode }) {
  const [tab, setTab] = useState('configure');
  const kind = nodeKind(node.kind);
  return (
    <Panel label={words.inspector.label} name="inspector" width={344}>
      <InspectorHead node={node} />
      <Tabs.Root value={tab} onValueChange={setTab} asChild>
        <div className="flex min-h-0 flex-1 flex-col">
          <Tabs.List className="tabs" aria-label={words.inspector.label}>
            <Tabs.Trigger value="configure">{words.inspector.configure}</Tabs.Trigger>
            <Tabs.Trigger value="output">{words.inspector.output}</Tabs.Trigger>
            <Tabs.Trigger value="help">{words.inspector.help}</Tabs.Trigger>
          </Tabs.List>
          <Tabs.Content value="configure" className="panel-body" tabIndex={-1}>
            {kind === undefined ? null : <Configure key={node.id} node={node} />}
          </Tabs.Content>
          <Tabs.Content value="output" className="panel-body" tabIndex={-1}>
            <Output node={node} />
          </Tabs.Content>
          <Tabs.Content value="help" className="panel-body" tabIndex={-1}>
            <Help node={node} />
          </Tabs.Content>
        </div>
      </Tabs.Root>
    </Panel>
  );
}

function InspectorHead({ node }: { readonly node: PipelineNode }) {
  const [isRenaming, setRenaming] = useState(false);
  const shape = useNodeShape(node);
  const face = faceOf(node.kind);
  const aside = face?.aside?.(node.config) ?? null;
  return (
    <div className="p-head">
      <i className="tile" data-shape={shape}>
        {face !== null && <KindIcon drawing={face.icon} />}
      </i>
      <div className="grow">
        <h2>
          {isRenaming ? (
            <NameField
              label={words.canvas.nodeName(node.name)}
              value={node.name}
              onDone={(name) => {
                if (name !== null) apply(renameNode(node.id, name));
                setRenaming(false);
              }}
            />
          ) : (
            <button type="button" className="cut" title={words.inspector.changeName} onClick={() => setRenaming(true)}>
              {node.name}
            </button>
          )}
        </h2>
        <p className="sub cut">
          {aside === null ? node.kind : `${node.kind} · ${aside}`}
          {node.id !== node.name && `, ${node.id}`}
        </p>
      </div>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="icon-btn" aria-label={words.inspector.acts}>
            <Icon name="dots" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            className="menu"
            align="end"
            sideOffset={4}
            onCloseAutoFocus={(event) => event.preventDefault()}
          >
            <DropdownMenu.Item className="menu-item" onSelect={() => setTimeout(() => setRenaming(true))}>
              <Icon name="pencil" size={14} />
              {words.rename}
              <span className="grow" />
              <kbd>F2</kbd>
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" data-look="bad" onSelect={deleteSelection}>
              <Icon name="bin" size={14} />
              {words.inspector.deleteNode}
              <span className="grow" />
              <kbd>Del</kbd>
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <button type="button" className="icon-btn" aria-label={words.close} onClick={() => select(new Set())}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function Configure({ node }: { readonly node: PipelineNode }) {
  const inputs = useNodeInputs(node);
  const types = useMemo(
    () => new Map(inputs.flatMap((input) => (input.type === null ? [] : [[input.port, input.type] as const]))),
    [inputs],
  );
  const latest = useMemo(() => latestRoots(inputs), [inputs]);
  const diagnostics = useDiagnosticsOf(node.id);
  const pipeline = useDocument((state) => state.pipeline);
  const catalogue = useCatalogue((state) => state.catalogue);
  const hasExpression = nodeKindHasExpressions(node);
  return (
    <>
      <ConfigForm node={node} inputs={types} latest={latest} />
      {hasExpression &&
        inputs.map((input) => (
          <InputSection
            key={input.port}
            input={input}
            keyText={
              (pipeline !== null && input.fromNode !== null && keyName(pipeline, input.fromNode, catalogue)) ||
              (input.type === null ? '' : formatValueType(input.type.key))
            }
            closest={closestField(diagnostics)}
          />
        ))}
      <ErrorPolicySection node={node} />
    </>
  );
}

function nodeKindHasExpressions(node: PipelineNode): boolean {
  const hasExpression = (fields: readonly ConfigField[]): boolean =>
    fields.some(
      ({ meta, items }) => meta.widget === 'expression' || meta.widget === 'aggregations' || hasExpression(items),
    );
  return hasExpression(configFields(nodeKind(node.kind)?.config ?? {}));
}

/** The field that a fix would put in place. */
function closestField(diagnostics: readonly Diagnostic[]): string | null {
  const fix = diagnostics.find((found) => found.severity === 'error' && found.fix?.span !== undefined)?.fix;
  return typeof fix?.value === 'string' ? fix.value : null;
}

function ErrorPolicySection({ node }: { readonly node: PipelineNode }) {
  const byDefault = useDocument((state) => state.pipeline?.settings.errorPolicy ?? 'dead-letter');
  const { errorHelp, errorTitle, byDefault: defaultText } = words.inspector;
  const id = `error-policy-${node.id}`;
  return (
    <div className="sec">
      <label className="lab" htmlFor={id}>
        {errorTitle}
      </label>
      <Choice
        id={id}
        icon="letter"
        value={node.errorPolicy ?? ''}
        options={[{ value: '', label: defaultText(errorPolicyLabel(byDefault)) }, ...errorPolicyChoices]}
        onChange={(value) => apply(setErrorPolicy(node.id, value === '' ? undefined : (value as ErrorPolicy)))}
      />
      <p className="help">{errorHelp[node.errorPolicy ?? byDefault]}</p>
    </div>
  );
}

function Output({ node }: { readonly node: PipelineNode }) {
  const [port] = portsOf(node).outputs;
  const type = useValidation((state) =>
    port === undefined ? undefined : state.outputs.get(`${node.id}.${port.name}`),
  );
  const catalogue = useCatalogue((state) => state.catalogue);
  const key = useDocument(({ pipeline }) => (pipeline === null ? null : keyName(pipeline, node.id, catalogue)));
  if (port === undefined) return <p className="sec help">{words.inspector.noOutput}</p>;
  if (type === undefined) return <p className="sec help">{words.inspector.noOutputYet}</p>;
  const keyText = `${formatValueType(type.key)}${key === null ? '' : ` (${key})`}`;
  return (
    <div className="sec">
      <div className="lab">
        <span className="flex items-center gap-[7px]">
          <i className="gl" data-shape={type.shape} />
          {port.title}
        </span>
        <span className="dim">{words.inspector.shapeKey(type.shape, keyText)}</span>
      </div>
      {type.windowed && <p className="help mb-2">{words.inspector.windowed}</p>}
      <FieldsTable type={type} root={null} />
    </div>
  );
}

/** Prose marks what a paragraph is about with two asterisks at each side. */
function withStrong(paragraph: string): React.ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move.
  return paragraph.split('**').map((part, index) => (index % 2 === 1 ? <b key={index}>{part}</b> : part));
}

function Help({ node }: { readonly node: PipelineNode }) {
  const kind = nodeKind(node.kind);
  if (kind === undefined) return null;
  const { config } = kind.example;
  const code = kind.expressions(config, new Map()).flatMap(({ path }) => {
    const source = configAt(config, path);
    return typeof source === 'string' && source.trim() !== '' ? [{ place: path.join('.'), source }] : [];
  });
  return (
    <>
      <div className="sec prose">
        {kind.prose.split(/\n\s*\n/).map((paragraph) => (
          <p key={paragraph}>{withStrong(paragraph)}</p>
        ))}
      </div>
      <div className="sec">
        <div className="lab">{words.inspector.example}</div>
        {code.map(({ place, source }) => (
          <div key={place} className="code code-box mb-2">
            <CodeText source={source} />
          </div>
        ))}
        <p className="help">{kind.example.says}</p>
      </div>
      {code.length > 0 && (
        <div className="sec">
          <details>
            <summary className="lab cursor-pointer">{words.inspector.functions}</summary>
            <dl className="text-[12px] leading-[17px]">
              {functionDocs.map((doc) => (
                <div key={`${doc.on ?? ''}.${doc.signature}`} className="mt-2">
                  <dt className="mono">{doc.signature}</dt>
                  <dd className="dim2">{doc.summary}</dd>
                </div>
              ))}
            </dl>
          </details>
        </div>
      )}
    </>
  );
}
