import { type Operator, type Surroundings, text } from '../operator.ts';
import { foreignKeyJoin } from './foreign-key-join.ts';
import { streamStreamJoin } from './stream-stream-join.ts';
import { globalJoin, streamTableJoin } from './stream-table-join.ts';
import { tableTableJoin } from './table-table-join.ts';

/** The join that fits what is wired in. */
export function joinOperator(around: Surroundings): Operator {
  const { shape } = around;
  if (shape('right') === 'global') return globalJoin(around);
  if (text(around.config, 'foreignKey') !== '') return foreignKeyJoin(around);
  if (shape('left') === 'table') return tableTableJoin(around);
  return shape('right') === 'table' ? streamTableJoin(around) : streamStreamJoin(around);
}
