import { type ByteString, byteStringToBytes, decodeKey, type KeyFormat, KeyFormatError } from '@millrace/engine';

const textBytesMax = 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells numbers from text.
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The format that all keys fit: `json` when all are JSON objects or arrays (as after a windowed aggregate), `string` when all are short
 * text, the number format of their length when they are not, else `bytes`. Null keys say nothing.
 */
export function guessKeyFormat(keys: readonly (ByteString | null)[]): KeyFormat {
  const present = keys.filter((key) => key !== null);
  if (present.every(isText)) {
    return present.length > 0 && present.every(isJsonDocument) ? 'json' : 'string';
  }
  if (present.every((key) => key.length === 4)) return 'int32';
  if (present.every((key) => key.length === 8) && present.every((key) => decodedKey('int64', key) !== undefined))
    return 'int64';
  return 'bytes';
}

/** The key as data; undefined when it does not fit the format. */
export function decodedKey(format: KeyFormat, key: ByteString): unknown {
  try {
    return decodeKey(format, key);
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}

function isText(key: ByteString): boolean {
  if (key.length > textBytesMax) return false;
  try {
    return !controlCharacter.test(strictUtf8.decode(byteStringToBytes(key)));
  } catch {
    return false; // Not UTF-8: that is the answer.
  }
}

function isJsonDocument(key: ByteString): boolean {
  const decoded = /^[{[]/.test(key) ? decodedKey('json', key) : undefined;
  return typeof decoded === 'object' && decoded !== null;
}
