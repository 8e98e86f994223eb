import type { RootTypes } from '@millrace/expression';
import type { Demand, Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { CheckContext } from '../node-kind.ts';
import type { JoinConfig } from './join-config.ts';
import type { Side } from './join-sides.ts';

/** What a join is for one pair of inputs. */
export interface JoinForm {
  /** The roots of the joined value's expression. */
  roots(settings: JoinConfig, left: PortType, right: PortType): RootTypes;
  /** Reports what is wrong; gives the type of the output. */
  check(settings: JoinConfig, left: PortType, right: PortType, context: CheckContext): PortType;
  /** What is needed of a table at an input, given what is needed of the result. */
  demand(settings: JoinConfig, side: Side, out: Demand): Demand;
  plan(settings: JoinConfig, planner: Planner): void;
}
