import type { PortType } from '../../topology/port-type.ts';
import type { SinkConfig } from './sink-config.ts';

/** What a sink's keys look like in its topic. */
export interface WrittenKeys {
  readonly format: PortType['keyFormat'];
  readonly window: 'none' | SinkConfig['windowedKey'];
}

export function writtenKeys({ key, keyFormat, windowedKey }: SinkConfig, input: PortType): WrittenKeys {
  if (key.trim() !== '') return { format: keyFormat, window: 'none' };
  return { format: input.keyFormat, window: input.windowed ? windowedKey : 'none' };
}
