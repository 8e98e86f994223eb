import { skipPlainString, skipSpace, skipValue } from '../scan-json.ts';

/** As scan-layout.wat has them. */
const chunkBytes = 16;
const pieceHeadBytes = 16;
const noSlot = -1;
const lastPiece = -2;

/** Objects with more text around their values are not worth a layout. */
const layoutBytesMax = 8 * 1024;

/**
 * How the objects of a topic are mostly written: the texts between their values, which are names and white space. Objects of one layout
 * differ in their values only.
 */
export interface Layout {
  /** Tells layouts apart. */
  readonly text: string;
  /** As the scanner reads it. */
  readonly encoded: Uint8Array;
}

/**
 * The layout of the object in `bytes[start, end)`, which was walked over before; null when it has none that is worth keeping.
 * @param textOf the text of bytes
 * @param slotOf the slot of a field, -1 for none
 */
export function layoutOf(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  textOf: (start: number, end: number) => string,
  slotOf: (name: string) => number,
): Layout | null {
  const pieces: { readonly start: number; readonly end: number; readonly slot: number }[] = [];
  let pieceStart = start;
  let at = skipSpace(bytes, start) + 1;
  while (!isEnd(bytes, at, end)) {
    at = skipSpace(bytes, at);
    const nameEnd = skipPlainString(bytes, view, at, end);
    if (nameEnd < 0) return null;
    const slot = slotOf(textOf(at + 1, nameEnd - 1));
    const valueStart = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    const valueEnd = skipValue(bytes, valueStart, end, 1);
    // The scanner passes no lists and objects.
    const isNested = bytes[valueStart] === 0x5b || bytes[valueStart] === 0x7b;
    if (valueEnd < 0 || isNested) return null;
    pieces.push({ start: pieceStart, end: valueStart, slot: slot < 0 ? noSlot : slot });
    pieceStart = valueEnd;
    at = skipSpace(bytes, valueEnd);
    if (bytes[at] === 0x2c) at++;
  }
  if (pieces.length === 0) return null;
  pieces.push({ start: pieceStart, end, slot: lastPiece });
  return encodeLayout(
    pieces.map((piece) => ({ bytes: bytes.subarray(piece.start, piece.end), slot: piece.slot })),
    pieces.map((piece) => textOf(piece.start, piece.end)).join('\0'),
  );
}

function isEnd(bytes: Uint8Array, at: number, end: number): boolean {
  const place = skipSpace(bytes, at);
  return place >= end || bytes[place] === 0x7d;
}

function encodeLayout(
  pieces: readonly { readonly bytes: Uint8Array; readonly slot: number }[],
  text: string,
): Layout | null {
  const chunksOf = (length: number): number => Math.max(1, Math.ceil(length / chunkBytes));
  const size = pieces.reduce((sum, { bytes }) => sum + pieceHeadBytes + chunksOf(bytes.length) * chunkBytes * 2, 0);
  if (size > layoutBytesMax) return null;
  const encoded = new Uint8Array(size);
  const view = new DataView(encoded.buffer);
  let at = 0;
  for (const { bytes, slot } of pieces) {
    const chunks = chunksOf(bytes.length);
    view.setInt32(at, bytes.length, true);
    view.setInt32(at + 4, slot, true);
    view.setInt32(at + 8, chunks, true);
    at += pieceHeadBytes;
    for (let chunk = 0; chunk < chunks; chunk++, at += chunkBytes * 2) {
      const part = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      encoded.set(part, at);
      encoded.fill(0xff, at + chunkBytes, at + chunkBytes + part.length);
    }
  }
  return { text, encoded };
}
