import type { FlowShape, PortType } from '@millrace/engine';
import { duration, percent } from '../live/figures.ts';
import { words } from '../words.ts';
import { type NodeFace, numberOf, type Summary, shareOf, textOf } from './node-face.ts';

type Config = Parameters<NodeFace['summary']>[0];

export const join: NodeFace = {
  icon: <path d="M3.6 1.8v2.4C3.6 7.6 8 7 8 10.4v3.8M12.4 1.8v2.4C12.4 7.6 8 7 8 10.4" />,
  summary: (config, shapes) => {
    const type = textOf(config, 'type') || 'inner';
    const left = shapes.get('left');
    const right = shapes.get('right');
    if (left === undefined || right === undefined) return [`${type} join, by key`];
    return [`${words.node.shape[left]}–${words.node.shape[right]}, ${type}, `, ...partners(config, left, right)];
  },
  unused: (config, inputs) => {
    const used = usedFields(config, inputs.get('left'), inputs.get('right'));
    return dependentFields.filter((name) => !used.includes(name));
  },
  // What waits, or came from a side that triggers nothing, is absorbed; what found no partner is filtered.
  fact: ({ counters }, stores) => {
    const isOfStreams = stores.some(({ kind }) => kind === 'window');
    const sought = isOfStreams ? counters.in : counters.forwarded + counters.filtered;
    return words.node.matched(percent(shareOf(counters.forwarded, sought)));
  },
};

function partners(config: Config, left: FlowShape, right: FlowShape): Summary {
  const by = (name: string): Summary => {
    const code = textOf(config, name);
    return code.trim() === '' ? ['by key'] : ['by ', { code, path: [name] }];
  };
  if (right === 'global') return by('globalKey');
  if (left === 'table') return by('foreignKey');
  if (right === 'table') return by('leftKey');
  const [before, after] = [numberOf(config, 'beforeMs') ?? 0, numberOf(config, 'afterMs') ?? 0];
  if (before === 0 && after === 0) return ['same time'];
  if (before === after) return [`± ${duration(after)}`];
  if (before === 0) return [`up to ${duration(after)} later`];
  return [after === 0 ? `up to ${duration(before)} earlier` : `−${duration(before)} to +${duration(after)}`];
}

/** What matters only for some pairs of inputs. */
const dependentFields = [
  'beforeMs',
  'afterMs',
  'graceMs',
  'leftKey',
  'rightKey',
  'keyFormat',
  'foreignKey',
  'globalKey',
] as const;
type DependentField = (typeof dependentFields)[number];

function usedFields(
  config: Config,
  left: PortType | undefined,
  right: PortType | undefined,
): readonly DependentField[] {
  if (left?.shape === 'table') return ['foreignKey'];
  if (left === undefined || right === undefined) return [];
  const format: readonly DependentField[] =
    textOf(config, 'leftKey').trim() === '' && textOf(config, 'rightKey').trim() === '' ? [] : ['keyFormat'];
  if (right.shape === 'global') return ['globalKey'];
  if (right.shape === 'stream') return ['beforeMs', 'afterMs', 'graceMs', 'leftKey', 'rightKey', ...format];
  return [...((right.versionedMs ?? 0) > 0 ? ['graceMs' as const] : []), 'leftKey', ...format];
}
