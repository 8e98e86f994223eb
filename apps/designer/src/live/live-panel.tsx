import { nodeKind, type PipelineNode } from '@millrace/engine';
import { Tabs } from 'radix-ui';
import { useState } from 'react';
import { goToPlace, select, selectOnly } from '../canvas/canvas-store.ts';
import { useDocument } from '../document/document-store.ts';
import { CodeText } from '../expression-editor/expression-editor.tsx';
import { configFields, isShown } from '../form/config-fields.ts';
import { errorPolicyLabel } from '../form/settings-fields.ts';
import { Icon, KindIcon } from '../icons.tsx';
import { faceOf } from '../nodes/faces.ts';
import { useNodeShape } from '../nodes/node-shape.ts';
import { navigate } from '../route.ts';
import { Panel } from '../shell/panel.tsx';
import { words } from '../words.ts';
import { FailureSummary } from './failure-pin.tsx';
import { brief, compact, duration, exact } from './figures.ts';
import { useLive } from './live-store.ts';
import { Now } from './now-tab.tsx';

/** Live: what the selected node does now, what failed in it, what it keeps, and how it is set. */
export function LivePanel({ node }: { readonly node: PipelineNode }) {
  const [tab, setTab] = useState('now');
  const shape = useNodeShape(node);
  const isStale = useLive((state) => state.isStale);
  const failed = useLive((state) => state.nodes.get(node.id)?.counters.failed ?? 0);
  const face = faceOf(node.kind);
  return (
    <Panel label={words.inspector.label} name="live" width={344}>
      <div className="p-head">
        <i className="tile" data-shape={shape}>
          {face !== null && <KindIcon drawing={face.icon} />}
        </i>
        <div className="grow">
          <h2 className="cut">{node.name}</h2>
          <p className="sub">{node.kind}</p>
        </div>
        <button type="button" className="icon-btn" aria-label={words.close} onClick={() => select(new Set())}>
          <Icon name="close" />
        </button>
      </div>
      <Tabs.Root value={tab} onValueChange={setTab} asChild>
        <div className="flex min-h-0 flex-1 flex-col" data-stale={isStale || undefined}>
          <Tabs.List className="tabs" aria-label={words.inspector.label}>
            <Tabs.Trigger value="now">{words.live.now}</Tabs.Trigger>
            <Tabs.Trigger value="errors">
              {words.live.errors}
              {failed > 0 && (
                <span className="chip" data-look="bad" data-size="sm">
                  {compact(failed)}
                </span>
              )}
            </Tabs.Trigger>
            <Tabs.Trigger value="store">{words.live.store}</Tabs.Trigger>
            <Tabs.Trigger value="config">{words.live.config}</Tabs.Trigger>
          </Tabs.List>
          <Tabs.Content value="now" className="panel-body" tabIndex={-1}>
            <Now node={node} shape={shape} />
          </Tabs.Content>
          <Tabs.Content value="errors" className="panel-body" tabIndex={-1}>
            <Errors node={node} />
          </Tabs.Content>
          <Tabs.Content value="store" className="panel-body" tabIndex={-1}>
            <Stores node={node} />
          </Tabs.Content>
          <Tabs.Content value="config" className="panel-body" tabIndex={-1}>
            <Config node={node} />
          </Tabs.Content>
        </div>
      </Tabs.Root>
    </Panel>
  );
}

function Errors({ node }: { readonly node: PipelineNode }) {
  const failures = useLive((state) => state.nodes.get(node.id)?.failures);
  const deadLetters = useLive((state) => state.frame?.topics.find((topic) => topic.role === 'dead-letter'));
  if (failures === undefined || failures.length === 0) return <p className="sec help">{words.live.noErrors}</p>;
  return (
    <>
      {failures.map((failure) => (
        <div key={`${failure.topic}-${failure.partition}-${failure.offset}-${failure.code}`} className="failure">
          <FailureSummary node={node} failure={failure} more={0} />
          {failure.record !== null && <pre className="mono">{failure.record}</pre>}
          <div className="acts mt-2 flex gap-[6px]">
            <button
              type="button"
              className="btn"
              data-size="sm"
              onClick={() => {
                navigate({ view: 'edit', store: null, topic: null });
                goToPlace(node.id, failure.path, failure.span);
              }}
            >
              {words.live.editNode}
            </button>
            {deadLetters !== undefined && deadLetters.records > 0 && (
              <button
                type="button"
                className="btn"
                data-size="sm"
                onClick={() => navigate({ topic: deadLetters.name, store: null })}
              >
                {words.topics.deadLetters}
              </button>
            )}
          </div>
        </div>
      ))}
    </>
  );
}

function Stores({ node }: { readonly node: PipelineNode }) {
  const stores = useLive((state) => state.storesOf.get(node.id));
  if (stores === undefined) return <p className="sec help">{words.live.noStore}</p>;
  return (
    <>
      {stores.map((store) => (
        <button
          key={store.name}
          type="button"
          className="list-row"
          aria-label={words.stores.open(store.name)}
          onClick={() => navigate({ store: store.name, topic: null })}
        >
          <Icon name="store" size={14} className="g-table" />
          <span className="cut">{store.name}</span>
          <span className="dim2">{words.node.entries(exact(store.entries))}</span>
          <Icon name="right" size={14} className="dim" />
        </button>
      ))}
    </>
  );
}

function Config({ node }: { readonly node: PipelineNode }) {
  const policy = useDocument((state) => node.errorPolicy ?? state.pipeline?.settings.errorPolicy ?? 'dead-letter');
  const fields = configFields(nodeKind(node.kind)?.config ?? {}).filter((field) => isShown(field, node.config));
  return (
    <div className="sec">
      <dl className="text-[12px] leading-[17px]">
        {fields.map(({ name, meta }) => {
          const value = node.config[name];
          if (value === undefined || value === '') return null;
          return (
            <div key={name} className="mb-3">
              <dt className="dim">{meta.label}</dt>
              <dd>
                {meta.widget === 'expression' ? (
                  <span className="code">
                    <CodeText source={String(value)} />
                  </span>
                ) : meta.widget === 'duration' && typeof value === 'number' ? (
                  duration(value)
                ) : meta.widget === 'aggregations' && Array.isArray(value) ? (
                  value.map((item) => (
                    <span key={brief(item)} className="code block">
                      {aggregationText(item)}
                    </span>
                  ))
                ) : (
                  (meta.choices?.find((choice) => choice.value === value)?.label ??
                  (typeof value === 'string' ? value : brief(value, 400)))
                )}
              </dd>
            </div>
          );
        })}
        <dt className="dim">{words.live.errorPolicy}</dt>
        <dd>{errorPolicyLabel(policy)}</dd>
      </dl>
      <button
        type="button"
        className="btn mt-3"
        data-size="sm"
        onClick={() => {
          navigate({ view: 'edit', store: null, topic: null });
          selectOnly(node.id);
        }}
      >
        <Icon name="pencil" size={12} />
        {words.live.editNode}
      </button>
    </div>
  );
}

/** `maxDelay = max(value.delay)` */
function aggregationText(item: unknown): string {
  if (typeof item !== 'object' || item === null || !('name' in item) || !('function' in item)) return brief(item);
  const of = 'value' in item && typeof item.value === 'string' ? item.value : '';
  return `${String(item.name)} = ${String(item.function)}(${of})`;
}
