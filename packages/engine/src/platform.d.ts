/**
 * The two platform objects that the pure packages may use. They exist in Node.js, in browsers and in workers alike; everything else of
 * a platform (clock, randomness, disk, network, DOM) is a type error here on purpose.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array | ArrayBuffer): string;
}
