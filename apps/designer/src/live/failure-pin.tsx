import type { PipelineNode, RecordFailure } from '@millrace/engine';
import { Popover } from 'radix-ui';
import { useRef, useState } from 'react';
import { goToPlace } from '../canvas/canvas-store.ts';
import { configAt } from '../document/commands.ts';
import { Icon } from '../icons.tsx';
import { navigate } from '../route.ts';
import { words } from '../words.ts';
import { clockSeconds, compact, day, exact } from './figures.ts';
import { useLive } from './live-store.ts';
import { MarkedCode } from './marked-code.tsx';

/** The chip on a failing node; it opens what failed, and why. */
export function FailurePin({ node, failedHere }: { readonly node: PipelineNode; readonly failedHere: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const pin = useRef<HTMLButtonElement>(null);
  /** The details stand beside the node, not on it. */
  const anchor = useRef({
    getBoundingClientRect: () => (pin.current?.closest('.node') ?? document.body).getBoundingClientRect(),
  });
  const failed = useLive((state) => state.nodes.get(node.id)?.counters.failed ?? 0);
  if (failed === 0 && !failedHere) return null;
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Trigger asChild>
        <button
          ref={pin}
          type="button"
          className="chip pin nodrag"
          data-look="bad"
          onPointerDown={(event) => event.stopPropagation()}
          onClick={(event) => event.stopPropagation()}
          onKeyDown={(event) => event.stopPropagation()}
        >
          <Icon name="failing" size={12} />
          <span className="cut">{failed > 0 ? words.node.failed(compact(failed)) : words.node.failedHere}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="pop"
          side="right"
          align="start"
          sideOffset={12}
          collisionPadding={12}
          aria-label={words.node.failed(exact(failed))}
          onKeyDown={(event) => event.stopPropagation()}
        >
          <FailureDetails node={node} count={failed} />
          <Popover.Arrow className="pop-arrow" width={12} height={6} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
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
