import type { Diagnostic, PipelineNode } from '@millrace/engine';
import type { Node, NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { renameNode } from '../document/commands.ts';
import { apply } from '../document/document-store.ts';
import { useDiagnosticsOf } from '../document/validation-store.ts';
import { Icon, KindIcon } from '../icons.tsx';
import { FailurePin } from '../live/failure-pin.tsx';
import { LiveFarLine, LiveFoot } from '../live/live-foot.tsx';
import { useLive } from '../live/live-store.ts';
import { LostPin, lostCount } from '../live/lost-records.tsx';
import { MarkedCode } from '../live/marked-code.tsx';
import { faceOf } from '../nodes/faces.ts';
import type { Summary } from '../nodes/node-face.ts';
import { useInputShapes, useNodeShape } from '../nodes/node-shape.ts';
import { portsOf } from '../nodes/ports.ts';
import { useRoute } from '../route.ts';
import { NameField } from '../shell/name-field.tsx';
import { words } from '../words.ts';
import { useCanvas } from './canvas-store.ts';
import { EditFoot, FarLine } from './edit-foot.tsx';
import { Port } from './port.tsx';
import { hitWidth, portPlaces } from './port-places.ts';

export const nodeSize = { width: 256, height: 88 } as const;

export type FlowNode = Node<{ readonly node: PipelineNode }, 'pipeline'>;

/** One node of any kind: tile, name, kind, summary, foot, pin, ports. Its size never changes. */
export const PipelineNodeView = memo(function PipelineNodeView({ data: { node } }: NodeProps<FlowNode>) {
  const view = useRoute((state) => state.view);
  const diagnostics = useDiagnosticsOf(node.id);
  const errors = diagnostics.filter((found) => found.severity === 'error');
  const failedHere = useLive(
    (state) => view === 'live' && state.deployment?.state === 'failed' && state.deployment.failedNode === node.id,
  );
  const failing = useLive((state) => view === 'live' && (state.nodes.get(node.id)?.counters.failed ?? 0) > 0);
  const lost = useLive((state) => view === 'live' && lostCount(state.nodes.get(node.id)) > 0);
  const openStore = useRoute((state) => state.store);
  const isStoreOpen = useLive(
    (state) => openStore !== null && (state.storesOf.get(node.id) ?? []).some((store) => store.name === openStore),
  );
  const isRenaming = useCanvas((state) => state.renaming === node.id);
  const shape = useNodeShape(node);
  const face = faceOf(node.kind);
  const shapes = useInputShapes(node);
  const aside = face?.aside?.(node.config) ?? null;
  const isInvalid = view === 'edit' && errors.length > 0;
  const isBad = isInvalid || failedHere || failing;
  return (
    <article
      className="node"
      data-testid={`node-${node.id}`}
      data-state={isInvalid ? 'invalid' : failedHere ? 'failed' : failing ? 'failing' : lost ? 'lossy' : 'normal'}
      data-invalid={isInvalid || undefined}
      data-failed={failedHere || undefined}
      data-store-open={isStoreOpen || undefined}
      data-flag={isBad || lost || undefined}
    >
      {view === 'live' && <FailurePin node={node} failedHere={failedHere} />}
      {lost && !isBad && <LostPin node={node} />}
      <div className="head">
        <i className="tile" data-shape={shape}>
          {face === null ? <Icon name="warning" /> : <KindIcon drawing={face.icon} />}
        </i>
        {isRenaming ? (
          <NameField
            className="name-field nodrag"
            label={words.canvas.nodeName(node.name)}
            value={node.name}
            onDone={(name) => {
              if (name !== null) apply(renameNode(node.id, name));
              useCanvas.setState({ renaming: null });
            }}
          />
        ) : (
          <h3 className="cut" title={node.name}>
            {node.name}
          </h3>
        )}
        <span className="kind">{aside === null ? node.kind : `${node.kind} · ${aside}`}</span>
        <SummaryLine summary={face?.summary(node.config, shapes) ?? []} errors={isInvalid ? errors : []} />
        {view === 'live' ? <LiveFarLine node={node} /> : <FarLine node={node} errors={errors} />}
      </div>
      {view === 'live' ? <LiveFoot node={node} shape={shape} /> : <EditFoot node={node} errors={errors} />}
      {(isBad || lost) && (
        <span className={isBad ? 'far-state g-bad' : 'far-state g-warn'}>
          <Icon name={isInvalid ? 'invalid' : isBad ? 'failing' : 'warning'} size={28} />
        </span>
      )}
      <Ports node={node} />
    </article>
  );
});

function SummaryLine({ summary, errors }: { readonly summary: Summary; readonly errors: readonly Diagnostic[] }) {
  const isCode = summary.length === 1 && typeof summary[0] !== 'string';
  return (
    <p
      className={isCode ? 'sum mono' : 'sum'}
      title={summary.map((part) => (typeof part === 'string' ? part : part.code)).join('')}
    >
      {summary.map((part) =>
        typeof part === 'string' ? (
          part
        ) : (
          <span key={part.path.join('.')} className="mono">
            <MarkedCode
              code={part.code}
              span={errors.find((error) => error.path.join('.') === part.path.join('.'))?.span}
            />
          </span>
        ),
      )}
    </p>
  );
}

const Ports = memo(function Ports({ node }: { readonly node: PipelineNode }) {
  const { inputs, outputs } = portsOf(node);
  const nodeName = node.name;
  const [tops, bottoms] = [portPlaces(inputs.length), portPlaces(outputs.length)];
  return (
    <>
      {inputs.map((port, index) => (
        <Port
          key={port.name}
          side="target"
          node={node.id}
          nodeName={nodeName}
          port={port}
          left={tops[index] ?? 0}
          hitWidth={hitWidth(inputs.length)}
        />
      ))}
      {outputs.map((port, index) => (
        <Port
          key={port.name}
          side="source"
          node={node.id}
          nodeName={nodeName}
          port={port}
          left={bottoms[index] ?? 0}
          hitWidth={hitWidth(outputs.length)}
        />
      ))}
    </>
  );
});
