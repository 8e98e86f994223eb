import type { PipelineNode, RecordFailure } from '@millrace/engine';
import { goToPlace } from '../canvas/canvas-store.ts';
import { configAt } from '../document/commands.ts';
import { Icon } from '../icons.tsx';
import { navigate } from '../route.ts';
import { words } from '../words.ts';
import { clockSeconds, compact, day, exact } from './figures.ts';
import { useLive } from './live-store.ts';
import { MarkedCode } from './marked-code.tsx';
import { NodePin } from './node-pin.tsx';

/** The chip on a failing node; it opens what failed, and why. */
export function FailurePin({ node, failedHere }: { readonly node: PipelineNode; readonly failedHere: boolean }) {
  const failed = useLive((state) => state.nodes.get(node.id)?.counters.failed ?? 0);
  if (failed === 0 && !failedHere) return null;
  return (
    <NodePin
      look="bad"
      icon="failing"
      text={failed > 0 ? words.node.failed(compact(failed)) : words.node.failedHere}
      label={words.node.failed(exact(failed))}
    >
      <FailureDetails node={node} count={failed} />
    </NodePin>
  );
}

function FailureDetails({ node, count }: { readonly node: PipelineNode; readonly count: number }) {
  const failure = useLive((state) => state.nodes.get(node.id)?.failures[0]);
  const reason = useLive((state) => (state.deployment?.failedNode === node.id ? state.deployment.reason : null));
  if (failure === undefined) return <p>{reason ?? words.live.noErrors}</p>;
  return (
    <>
      <FailureSummary node={node} failure={failure} more={count - 1} />
      <div className="acts">
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
      </div>
    </>
  );
}

/** The cause in words, the expression with the part at fault underlined, and where the record came from. */
export function FailureSummary({
  node,
  failure,
  more,
}: {
  readonly node: PipelineNode;
  readonly failure: RecordFailure;
  readonly more: number;
}) {
  const place = configAt(node.config, failure.path);
  return (
    <>
      <header>
        <Icon name="failing" size={14} className="g-bad" />
        <b>{failure.message}</b>
        <span className="dim" title={`${day(failure.timestamp)} ${clockSeconds(failure.timestamp)} UTC`}>
          {clockSeconds(failure.timestamp)}
        </span>
      </header>
      {typeof place === 'string' && place !== '' && (
        <pre className="mono">
          <MarkedCode code={place} span={failure.span} />
        </pre>
      )}
      <p className="where">
        <span className="mono cut">
          {failure.topic}-{failure.partition} @ {exact(failure.offset)}
        </span>
        {more > 0 && <span>{words.live.andMore(exact(more))}</span>}
      </p>
    </>
  );
}
