import type { FieldPath, RootTypes } from '@millrace/expression';
import type { z } from 'zod';
import type { Diagnostic } from '../pipeline/diagnostic.ts';
import type { Demand, Planner } from '../topology/planner.ts';
import type { InputPort, OutputPort, PortType } from '../topology/port-type.ts';
import type { TopicCatalogue } from '../topology/topic-catalogue.ts';
import type { Partitioning, PartitioningContext } from './partitioning.ts';

/**
 * How a config field is edited and explained; kept in the schema with `.meta({ field })`. Forms, linting, completion and the node
 * reference all read it.
 */
export interface FieldMeta {
  readonly label: string;
  readonly help: string;
  readonly widget:
    | 'expression'
    | 'topic'
    | 'new-topic'
    | 'duration'
    | 'choice'
    | 'text'
    | 'number'
    | 'field-path'
    /** A type as parseValueType reads it. */
    | 'type'
    | 'aggregations'
    /** True or false. */
    | 'switch'
    /** A list of texts. */
    | 'texts'
    /** A list of objects; each field of its element schema has a {@link FieldMeta} of its own. */
    | 'list';
  /** Shown in the empty field. */
  readonly placeholder?: string | undefined;
  /** `choice`: a word for each value, in order. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[] | undefined;
  /** `list`: what one more is called, such as "branch". */
  readonly itemName?: string | undefined;
  /** The field matters only while other fields beside it have one of these values each. */
  readonly when?: FieldCondition | readonly FieldCondition[] | undefined;
}

export interface FieldCondition {
  readonly field: string;
  readonly is: readonly (string | boolean)[];
}

export const categories = ['source', 'records', 'state', 'sink'] as const;
export type NodeCategory = (typeof categories)[number];

/** What a check may look at: the types that arrive at each connected input, and what is known of topics. */
export interface CheckContext {
  readonly inputs: ReadonlyMap<string, PortType>;
  readonly catalogue: TopicCatalogue;
  /** The node's name, for sentences. */
  readonly nodeName: string;
  /** The topic that was probably meant by a name that no topic has; null when there is none, or too many such names in the pipeline. */
  closestTopic(name: string): string | null;
  /** The name of the node that is wired to an input. */
  inputName(port: string): string;
  report(finding: Finding): void;
  /** Says what an expression of the node reads of its input records. */
  reads(fields: readonly FieldPath[]): void;
}

export type Finding = Omit<Diagnostic, 'node' | 'edge' | 'severity'> & {
  readonly severity?: Diagnostic['severity'] | undefined;
};

/** An expression of a config, with the roots that it may name. */
export interface ExpressionField {
  readonly path: readonly (string | number)[];
  readonly roots: RootTypes;
}

/**
 * One kind of node, whole: its words, its config, its ports, what it checks, what it plans. Its processors stand in the same folder and
 * are listed in processors.ts.
 */
export interface NodeKind<Config = unknown> {
  /** Stable; stands in documents. */
  readonly name: string;
  readonly title: string;
  /** One line for the palette. */
  readonly summary: string;
  /** What it does with every record, what it guarantees; the inspector's Help tab. Paragraphs are parted by an empty line. */
  readonly prose: string;
  readonly example: { readonly config: Config; readonly says: string };
  readonly category: NodeCategory;
  /** An object schema; every field carries its {@link FieldMeta}. */
  readonly config: z.ZodObject & z.ZodType<Config>;
  /** The config of a node that was just dropped on the canvas; may be incomplete, which is then a diagnostic. */
  initialConfig(): Record<string, unknown>;
  inputs(config: Config): readonly InputPort[];
  outputs(config: Config): readonly OutputPort[];
  /**
   * Reports what is wrong and gives the type of each output. Called with what is known: an input without a type is absent from
   * `inputs` and has its own diagnostic already; `unknown` then stands for what depends on it.
   */
  check(config: Config, context: CheckContext): ReadonlyMap<string, PortType>;
  /** The roots that each expression of the config may name, for completion. */
  expressions(config: Config, inputs: ReadonlyMap<string, PortType>): readonly ExpressionField[];
  /** What the node does with the keys and partitions of its records; absent: it keeps them. */
  partitioning?(config: Config, context: PartitioningContext): Partitioning;
  /** What the node needs of a table at one of its inputs, given what is needed of its own outputs; absent: nothing. */
  demands?(
    config: Config,
    port: string,
    context: { demand(outputPort: string): Demand; inputType(inputPort: string): PortType | undefined },
  ): Demand;
  /** Adds sources, processors, stores and sinks. Called only for a pipeline without errors. */
  plan(config: Config, planner: Planner): void;
}
