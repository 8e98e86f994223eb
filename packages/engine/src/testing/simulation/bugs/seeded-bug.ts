import type { Mutation } from '../simulate.ts';

/** A defect that is put in through the ports, to see whether the checker finds it. */
export interface SeededBug {
  readonly name: string;
  /** A part of the names of the shapes in which it can show; empty for all. */
  readonly shows: string;
  readonly mutation: Mutation;
}
