import type { ByteString } from '../../log/byte-string.ts';
import { encodeKey } from '../../log/key-format.ts';
import type { ProducedRecord } from '../../log/record-batch-builder.ts';
import { Draws } from './draws.ts';
import type { GeneratedField, GeneratorConfig } from './generator-config.ts';
import { nexmarkEvent } from './nexmark-events.ts';

/** Where dates end, epoch milliseconds; an endless generator stays there. */
const maxTimestamp = 8.64e15;

/**
 * Makes the records of a generator. Record `index` of a partition follows from the settings alone: no record is needed to make another, and
 * the same one is made again whenever it is asked for.
 */
export class RecordMaker {
  readonly config: GeneratorConfig;
  readonly #fields: readonly FieldMaker[];
  readonly #repetition: Draws;
  readonly #lateness: Draws;
  readonly #keyLoss: Draws;

  constructor(config: GeneratorConfig) {
    this.config = config;
    this.#fields = config.fields.map((one) => new FieldMaker(config.seed, one));
    this.#repetition = new Draws(config.seed, 'repetition');
    this.#lateness = new Draws(config.seed, 'lateness');
    this.#keyLoss = new Draws(config.seed, 'key loss');
  }

  /** How many records a partition has; Infinity where there is no end. */
  countOf(partition: number): number {
    return this.config.count === 0
      ? Number.POSITIVE_INFINITY
      : shareOf(this.config.count, partition, this.config.partitions);
  }

  record(partition: number, index: number): ProducedRecord {
    const { config } = this;
    let original = index;
    while (original > 0 && this.#repetition.begin(this.#number(partition, original)).happens(config.duplicateShare))
      original--;
    const number = this.#number(partition, original);
    const inTime = Math.min(maxTimestamp, config.startTime + number * config.intervalMs);
    const behind = Math.min(inTime, this.#behind(number));
    const hasNoKey = this.#keyLoss.begin(number).happens(config.nullKeyShare);
    if (config.model === 'nexmark') {
      const { startTime, intervalMs, partitions } = config;
      const options = { startTime: startTime - behind, intervalMs, partitions };
      const { key, timestamp, value } = nexmarkEvent(config.seed, partition, original, options);
      return { key: hasNoKey ? null : key, value: JSON.stringify(value), timestamp };
    }
    return this.#ofFields(number, inTime - behind, hasNoKey);
  }

  #ofFields(number: number, timestamp: number, hasNoKey: boolean): ProducedRecord {
    const { keyField, keyFormat } = this.config;
    let key: ByteString | null = null;
    // As text, so that a field may have any name.
    let text = '';
    for (const maker of this.#fields) {
      const value = maker.value(number, timestamp);
      if (maker.name === keyField && value !== null && !hasNoKey) key = encodeKey(keyFormat, value);
      text += `${text === '' ? '{' : ','}${maker.quotedName}:${JSON.stringify(value)}`;
    }
    return { key, value: text === '' ? '{}' : `${text}}`, timestamp };
  }

  /** How much before its turn in time a record happened. */
  #behind(number: number): number {
    const { lateShare, lateMs, outOfOrderShare, outOfOrderMs } = this.config;
    const draws = this.#lateness.begin(number);
    const unit = draws.unit();
    if (unit < lateShare) return lateMs;
    // Of those that are not late, so that the two shares are shares of all as long as they fit.
    return unit < lateShare + outOfOrderShare ? draws.whole(1, outOfOrderMs) : 0;
  }

  /** Counts the records of all partitions. */
  #number(partition: number, index: number): number {
    return index * this.config.partitions + partition;
  }
}

/** Of so many records, dealt in turn, those of one partition. */
export function shareOf(count: number, partition: number, partitions: number): number {
  return Math.max(0, Math.ceil((count - partition) / partitions));
}

class FieldMaker {
  readonly name: string;
  readonly quotedName: string;
  readonly #field: GeneratedField;
  readonly #draws: Draws;

  constructor(seed: number, one: GeneratedField) {
    this.name = one.name;
    this.quotedName = JSON.stringify(one.name);
    this.#field = one;
    this.#draws = new Draws(seed, `field ${one.name}`);
  }

  value(number: number, timestamp: number): string | number | boolean | null {
    const { kind, min, max, choices, nullShare } = this.#field;
    const draws = this.#draws.begin(number);
    if (draws.happens(nullShare)) return null;
    switch (kind) {
      case 'sequence':
        return Math.min(Number.MAX_SAFE_INTEGER, min + number);
      case 'integer':
        return draws.whole(min, max);
      case 'number':
        return Math.min(max, Math.round((min + (max - min) * draws.unit()) * 1000) / 1000);
      case 'choice':
        return choices[draws.whole(0, choices.length - 1)] ?? null;
      case 'text':
        return letters(draws, draws.whole(min, max));
      case 'boolean':
        return draws.whole(0, 1) === 1;
      case 'time':
        return timestamp;
    }
  }
}

function letters(draws: Draws, length: number): string {
  let text = '';
  for (let at = 0; at < length; at++) text += String.fromCharCode(97 + draws.whole(0, 25));
  return text;
}
