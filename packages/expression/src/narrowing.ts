import type { Expression } from './syntax-tree.ts';
import { unknownType, type ValueType, withoutNull } from './value-type.ts';

/**
 * What a condition says about null: behind `value.airport != null &&` the airport is there. Only paths of constant names are followed,
 * which is how people guard.
 */

/** A text that is equal for equal paths, or undefined for what is not a path from a root or a parameter. */
export function pathKey(node: Expression): string | undefined {
  switch (node.kind) {
    case 'root':
      return node.name;
    case 'parameter':
      return `${node.parameter.name}@${node.parameter.start}`;
    case 'chain':
      return pathKey(node.body);
    case 'member': {
      const object = pathKey(node.object);
      return object === undefined ? undefined : `${object}.${JSON.stringify(node.name)}`;
    }
    default:
      return undefined;
  }
}

/** The paths that are not null where the condition had that outcome. */
export function nonNullPaths(condition: Expression, outcome: boolean): string[] {
  if (condition.kind === 'unary' && condition.operator === '!') return nonNullPaths(condition.operand, !outcome);
  if (condition.kind === 'logical' && condition.operator === (outcome ? '&&' : '||')) {
    return [...nonNullPaths(condition.left, outcome), ...nonNullPaths(condition.right, outcome)];
  }
  if (condition.kind !== 'binary' || condition.operator !== (outcome ? '!=' : '==')) return [];
  if (isNull(condition.right)) return prefixes(condition.left);
  return isNull(condition.left) ? prefixes(condition.right) : [];
}

function isNull(node: Expression): boolean {
  return node.kind === 'literal' && node.value === null;
}

/** The path and all that it goes through: `left?.city` is not null only if `left` is not. */
function prefixes(node: Expression): string[] {
  const key = pathKey(node);
  if (key === undefined) return [];
  const inner = node.kind === 'chain' ? node.body : node;
  return [key, ...(inner.kind === 'member' ? prefixes(inner.object) : [])];
}

/** A type where null is ruled out. What was only ever null before is then something never seen. */
export function narrowed(type: ValueType): ValueType {
  return type.kind === 'null' ? unknownType : withoutNull(type);
}
