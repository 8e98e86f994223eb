import type { ProcessorContext, ProcessorRegistry } from '../../../runtime/processor.ts';
import type { StreamRecord } from '../../../runtime/stream-record.ts';
import type { StoreAccess } from '../../../state/layered-store.ts';
import type { Mutation } from '../simulate.ts';

/** Processors of which each is made in another surrounding. */
export function processorsWith(change: (context: ProcessorContext) => ProcessorContext): Mutation {
  return {
    processors: (registry): ProcessorRegistry =>
      Object.fromEntries(
        Object.entries(registry).map(([name, factory]) => [name, (context) => factory(change(context))]),
      ),
  };
}

/** A store of which one call is another. */
export function storeWith(access: StoreAccess, change: Partial<StoreAccess>): StoreAccess {
  return {
    get: (segment, key) => (change.get ?? access.get.bind(access))(segment, key),
    put: (segment, key, value, timestamp) => (change.put ?? access.put.bind(access))(segment, key, value, timestamp),
    range: (segment, from, to, options) => (change.range ?? access.range.bind(access))(segment, from, to, options),
    segmentsBetween: (from, to) => access.segmentsBetween(from, to),
  };
}

/** Whether a processor's name begins like this. */
export const is = (context: ProcessorContext, kind: string): boolean => context.spec.processor.startsWith(kind);

/** Inputs of processors of one name, changed on their way in. */
export function inputsWith(processor: string, change: (record: StreamRecord) => StreamRecord): Mutation {
  return {
    processors: (registry): ProcessorRegistry =>
      Object.fromEntries(
        Object.entries(registry).map(([name, factory]) => [
          name,
          (context) => {
            const made = factory(context);
            if (name !== processor) return made;
            const inputs = Object.entries(made.inputs).map(([port, receive]) => [
              port,
              (record: StreamRecord) => receive(change(record)),
            ]);
            return { ...made, inputs: Object.fromEntries(inputs) };
          },
        ]),
      ),
  };
}
