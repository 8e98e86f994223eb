import { unionOf } from '@millrace/expression';
import { noDemand, type Planner } from '../../topology/planner.ts';
import type { CheckContext } from '../node-kind.ts';
import { joinRetention } from './join-buffer.ts';
import type { JoinConfig } from './join-config.ts';
import type { JoinForm } from './join-form.ts';
import { checkKeysMeet, checkSide, planSide, type Side } from './join-sides.ts';
import { checkJoinedValue, joinedRoots, missingSides } from './joined-value.ts';
import type { PlannedStreamJoin } from './stream-stream-processor.ts';

const maxWindowMs = 366 * 24 * 3_600_000;

/** Two streams: records with equal keys whose times lie close enough. */
export const streamStreamJoin: JoinForm = {
  roots: (settings, left, right) => joinedRoots(left, right, missingSides(settings)),
  check: (settings, leftInput, rightInput, context) => {
    const left = checkSide(settings, 'left', leftInput, context);
    const right = checkSide(settings, 'right', rightInput, context);
    checkWindow(settings, context);
    checkKeysMeet(left, right, context);
    const key = settings.type === 'outer' ? unionOf(left.key, right.key) : left.key;
    const value = checkJoinedValue(settings, joinedRoots(left, right, missingSides(settings), key), context);
    return { ...left, key, value };
  },
  demand: (settings, side) => ({ ...noDemand, nullKeys: keepsUnmatched(settings, side) }),
  plan,
};

function keepsUnmatched({ type }: JoinConfig, side: Side): boolean {
  return type === 'outer' || (type === 'left' && side === 'left');
}

function plan(settings: JoinConfig, planner: Planner): void {
  const keeps = { left: keepsUnmatched(settings, 'left'), right: keepsUnmatched(settings, 'right') };
  const left = planSide(settings, 'left', planner, { keepNullKeys: keeps.left });
  const right = planSide(settings, 'right', planner, { keepNullKeys: keeps.right });
  planner.copartition([left, right]);
  const isWindowed = left.windowed && right.windowed;
  const keySuffix = isWindowed ? ['start', 'end'] : [];
  const retention = joinRetention(settings.beforeMs + settings.afterMs, settings.graceMs);
  const records = (side: Side): string =>
    planner.store({
      role: side,
      kind: 'window',
      keyFormat: left.keyFormat,
      suffix: [...keySuffix, 'time', 'sequence'],
      windowSizeMs: retention.bucketMs,
      retentionMs: retention.retentionMs + retention.bucketMs,
      view: { as: 'value' },
      signature: ['join-records'],
    });
  const unmatched = (side: Side): string | null =>
    keeps[side]
      ? planner.store({
          role: `unmatched-${side}`,
          kind: 'key-value',
          keyFormat: left.keyFormat,
          prefix: ['time'],
          suffix: [...keySuffix, 'sequence'],
          view: { as: 'value' },
          signature: ['join-unmatched'],
        })
      : null;
  const config: PlannedStreamJoin = {
    ...settings,
    isWindowed,
    retention,
    records: { left: records('left'), right: records('right') },
    unmatched: { left: unmatched('left'), right: unmatched('right') },
  };
  const joined = planner.processor({
    processor: 'stream-stream-join',
    config,
    stores: [
      config.records.left,
      config.records.right,
      ...[config.unmatched.left, config.unmatched.right].filter((store) => store !== null),
    ],
    inputs: { left, right },
  });
  planner.output('out', { ...joined, mustRepartition: false, windowed: isWindowed });
}

function checkWindow(settings: JoinConfig, context: CheckContext): void {
  const { beforeMs, afterMs, graceMs } = settings;
  if (beforeMs + afterMs < 0) {
    context.report({
      code: 'join-window',
      path: ['afterMs'],
      message: `No time is both at least ${-beforeMs} ms after a left record and at most ${afterMs} ms after it, so nothing is joined.`,
    });
  } else if (Math.max(Math.abs(beforeMs), Math.abs(afterMs)) > maxWindowMs) {
    context.report({
      code: 'join-window',
      path: [Math.abs(beforeMs) > maxWindowMs ? 'beforeMs' : 'afterMs'],
      message: 'Partners lie at most 366 days apart.',
    });
  } else if (beforeMs === 0 && afterMs === 0) {
    context.report({
      code: 'join-window',
      severity: 'warning',
      path: ['beforeMs'],
      message: 'Only records with the very same timestamp are joined. Say how much earlier or later a partner may be.',
    });
  }
  if (graceMs < 0) {
    context.report({
      code: 'grace',
      path: ['graceMs'],
      message: 'Grace is not negative.',
      fix: { title: 'Use no grace', value: 0 },
    });
  } else if (graceMs > maxWindowMs) {
    context.report({ code: 'grace', path: ['graceMs'], message: 'Grace is at most 366 days.' });
  }
}
