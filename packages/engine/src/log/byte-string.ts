/**
 * Bytes as text: one character a byte, each character code 0 to 255. Keys live in this form inside the engine, because a JavaScript Map
 * finds and compares strings by content (it does not do so with arrays), because the order of byte strings is the order of their bytes,
 * and because an ASCII key and its byte string are the same string, which costs nothing.
 */
export type ByteString = string;

export function bytesToByteString(bytes: Uint8Array): ByteString {
  if (bytes.length <= 4096) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 4096) as unknown as number[]);
  }
  return text;
}

export function byteStringToBytes(text: ByteString): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  writeByteString(text, bytes, 0);
  return bytes;
}

/** Writes at `at`; gives the position after the last byte. */
export function writeByteString(text: ByteString, target: Uint8Array, at: number): number {
  for (let index = 0; index < text.length; index++) target[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/**
 * The same text on its own. A piece cut out of a long text keeps all of that alive for as long as the piece is kept, and keys are cut out
 * of whole batches: what outlives its batch is detached from it.
 */
export function detached(text: ByteString): ByteString {
  // Short pieces are copies already. For the others, cutting flattens what was joined here, which copies the characters.
  return text.length < 13 ? text : ` ${text}`.slice(1);
}

export function compareByteStrings(left: ByteString, right: ByteString): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
