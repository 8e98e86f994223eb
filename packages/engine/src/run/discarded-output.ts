import { RecordBatchBuilder } from '../log/record-batch-builder.ts';
import { TopicOutput } from '../runtime/record-collector.ts';

/** A topic that nobody reads, and about whose records nobody wants to know: nothing is kept of them. */
export class DiscardedOutput extends TopicOutput {
  readonly #builder = new DiscardingBuilder();

  override send(): void {
    // There is nothing to keep.
  }

  override open(): RecordBatchBuilder {
    return this.#builder;
  }
}

class DiscardingBuilder extends RecordBatchBuilder {
  override putKey(): void {
    // There is nothing to keep.
  }

  override putText(): void {
    // There is nothing to keep.
  }

  override putBytes(): void {
    // There is nothing to keep.
  }
}
