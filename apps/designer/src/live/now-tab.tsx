import { fates, missingFates, type PipelineNode } from '@millrace/engine';
import { Icon } from '../icons.tsx';
import type { NodeShape } from '../nodes/node-shape.ts';
import { words } from '../words.ts';
import { clock, day, exact, rateFigure, unknownFigure } from './figures.ts';
import { lagTrend, pastOf, useLive } from './live-store.ts';
import { LostNote, lostCount } from './lost-records.tsx';
import { heldTop } from './rate-history.ts';
import { Spark } from './spark.tsx';

/** What a node does now: rate, figures, what waits before it, and the fate of every record. */
export function Now({ node, shape }: { readonly node: PipelineNode; readonly shape: NodeShape }) {
  const live = useLive((state) => state.nodes.get(node.id));
  const stores = useLive((state) => state.storesOf.get(node.id));
  const entries =
    stores?.reduce<number | null>((sum, store) => (store.entries === null ? sum : (sum ?? 0) + store.entries), null) ??
    null;
  const lost = lostCount(live);
  const isEnd = shape === 'end';
  return (
    <>
      {lost > 0 && (
        <div className="sec">
          <LostNote node={node.id} />
        </div>
      )}
      <div className="sec" style={{ paddingTop: 12 }}>
        <div className="lab">
          <span>
            {words.live.read} <b>{rateFigure(live?.rates.in)}/s</b>
          </span>
          <span className="dim">
            {live !== undefined && `${words.live.topRate(rateFigure(heldTop(pastOf(node.id).read.values)))}, `}
            {words.live.fiveMinutes}
          </span>
        </div>
        <Spark node={node.id} shape={shape} className="chart" />
      </div>
      <div className="sec">
        <dl className="kv">
          <Figure label={words.live.read} value={rateFigure(live?.rates.in)} unit="/s" />
          <Figure
            label={isEnd ? words.live.total : words.live.out}
            value={isEnd ? exact(live?.counters.forwarded) : rateFigure(live?.rates.out)}
            unit={isEnd ? '' : '/s'}
          />
          {live?.lagRecords !== null && live !== undefined ? (
            <div>
              <dt>{words.live.lag}</dt>
              <dd>
                {exact(live.lagRecords)} <Icon name={lagTrend(node.id)} size={12} />
              </dd>
            </div>
          ) : (
            <Figure label={words.live.lag} value={unknownFigure} unit="" />
          )}
          {live?.streamTime === null || live === undefined ? (
            <Figure label={words.live.streamTime} value={unknownFigure} unit="" isWide />
          ) : (
            <Figure label={words.live.streamTime} value={clock(live.streamTime)} unit={day(live.streamTime)} isWide />
          )}
          <Figure label={words.live.lateDropped} value={exact(live?.counters.late)} unit="" />
          {stores !== undefined && <Figure label={words.live.openStore} value={exact(entries)} unit="" />}
        </dl>
      </div>
      {live?.waiting !== null && live !== undefined && (
        <div className="sec">
          <div className="lab">
            <span className="shrink-0">{words.live.waiting}</span>
            <span className="dim cut" title={live.waiting.topic}>
              {live.waiting.topic}
            </span>
          </div>
          <Waiting byPartition={live.waiting.byPartition} />
        </div>
      )}
      <div className="sec">
        <Fates node={node.id} />
      </div>
    </>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  readonly isWide?: boolean | undefined;
}

function Figure({ label, value, unit, isWide = false }: FigureProps) {
  return (
    <div className={isWide ? 'col-span-2' : undefined}>
      <dt>{label}</dt>
      <dd>
        {value}
        {unit !== '' && <small>{unit}</small>}
      </dd>
    </div>
  );
}

function Waiting({ byPartition }: { readonly byPartition: readonly number[] }) {
  const fullest = Math.max(1, ...byPartition);
  return (
    <div className="waiting">
      {byPartition.map((count, partition) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a partition is its index.
        <div key={partition} className="contents">
          <span className="dim">{words.live.partition(partition)}</span>
          <span className="bar">
            <i style={{ width: `${(count / fullest) * 100}%` }} />
          </span>
          <span className="num">{exact(count)}</span>
        </div>
      ))}
    </div>
  );
}

/** One bar and one row a fate that occurred; the rest in one line with 0; a number that does not balance is said. */
function Fates({ node }: { readonly node: string }) {
  const counters = useLive((state) => state.nodes.get(node)?.counters);
  if (counters === undefined) return <p className="help">{words.live.never}</p>;
  const occurred = fates.filter((fate) => counters[fate] > 0);
  const others = fates
    .filter((fate) => counters[fate] === 0)
    .map((fate, index) => (index === 0 ? words.live.fate[fate] : words.live.fate[fate].toLowerCase()));
  const missing = missingFates(counters);
  return (
    <>
      <div className="lab">
        <span>{words.live.fates}</span>
        {missing === 0 ? (
          <span
            className="flex items-center gap-1 font-medium text-ok-text"
            data-testid="fates-balance"
            data-state="balances"
          >
            <Icon name="check" size={12} />
            {words.live.balances}
          </span>
        ) : (
          <span
            className="flex items-center gap-1 font-medium text-bad-text"
            data-testid="fates-balance"
            data-state="missing"
          >
            <Icon name="failing" size={12} />
            {words.live.missing(exact(missing))}
          </span>
        )}
      </div>
      <div className="fates" aria-hidden="true">
        {occurred.map((fate) => (
          <i key={fate} data-fate={fate} style={{ flexGrow: counters[fate], flexBasis: 0 }} />
        ))}
      </div>
      <table className="fate">
        <tbody>
          <tr>
            <td>
              <b>{words.live.inFate}</b>
            </td>
            <td className="num">
              <b>{exact(counters.in)}</b>
            </td>
          </tr>
          {occurred.map((fate) => (
            <tr key={fate}>
              <td>
                <i data-fate={fate} />
                {words.live.fate[fate]}
              </td>
              <td className="num">{exact(counters[fate])}</td>
            </tr>
          ))}
          {others.length > 0 && (
            <tr>
              <td className="dim">{others.join(', ')}</td>
              <td className="num dim">0</td>
            </tr>
          )}
          <tr>
            <td>{words.live.outputs}</td>
            <td className="num">{exact(counters.out)}</td>
          </tr>
          {counters.timed > 0 && (
            <tr>
              <td>{words.live.timed}</td>
              <td className="num">{exact(counters.timed)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </>
  );
}
