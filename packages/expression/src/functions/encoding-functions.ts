import { stringType } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';
import { shorten } from './number-functions.ts';

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8Text(call: Call, bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return call.fail('range', `the bytes that ${call.name} gives are not UTF-8 text`);
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const digitValues = new Map([...digits, '-', '_'].map((digit, place) => [digit, place < 64 ? place : place - 2]));

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const left = bytes.length - at;
    text += digits.charAt(bits >> 18) + digits.charAt((bits >> 12) & 63);
    text += (left > 1 ? digits.charAt((bits >> 6) & 63) : '=') + (left > 2 ? digits.charAt(bits & 63) : '=');
  }
  return text;
}

/** The padding may be left out, and the digits may be those of URLs. Undefined when it is not base64. */
function fromBase64(text: string): Uint8Array | undefined {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (end % 4 === 1 || (end < text.length && text.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (let place = 0; place < end; place++) {
    const value = digitValues.get(text.charAt(place));
    if (value === undefined) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = bits >> count;
  }
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

function urlEncode(call: Call, text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return call.fail('range', 'this text holds half of a pair of characters, which has no UTF-8');
  }
}

function urlDecode(call: Call, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return call.fail('type', `'${shorten(text)}' is not URL-encoded UTF-8`);
  }
}

/** A function from text to text whose result is at most so many times as long, plus a little. */
function coding(
  name: string,
  summary: string,
  example: string,
  growth: number,
  compute: (call: Call, text: string) => string,
): FunctionKind {
  const doc = { name, signature: `${name}(text)`, summary, example };
  return defineFunction(doc, [{ name: 'text', kind: 'string' }], stringType, (call, text) => {
    call.admitText(text.length);
    call.charge(Math.floor((text.length * growth) / 32));
    const result = compute(call, text);
    call.admitText(result.length);
    return result;
  });
}

function decoded(call: Call, text: string, what: string, bytes: Uint8Array | undefined): string {
  return bytes === undefined ? call.fail('type', `'${shorten(text)}' is not ${what}`) : utf8Text(call, bytes);
}

/** Texts as other texts, by way of their UTF-8 bytes. */
export const encodingFunctions: readonly FunctionKind[] = [
  coding('base64Encode', 'The text as base64.', 'base64Encode(\'SFO→LAX\') → "U0ZP4oaSTEFY"', 4, (_call, text) =>
    toBase64(encoder.encode(text)),
  ),
  coding(
    'base64Decode',
    'The text that base64 spells, of either alphabet. Fails when it is not base64 of UTF-8 text.',
    'base64Decode(\'U0ZP4oaSTEFY\') → "SFO→LAX"',
    1,
    (call, text) => decoded(call, text, 'base64', fromBase64(text)),
  ),
  coding('hexEncode', 'The text as hexadecimal digits.', 'hexEncode(\'SFO\') → "53464f"', 6, (_call, text) =>
    toHex(encoder.encode(text)),
  ),
  coding(
    'hexDecode',
    'The text that hexadecimal digits spell. Fails when they are not those of UTF-8 text.',
    'hexDecode(\'53464f\') → "SFO"',
    1,
    (call, text) => decoded(call, text, 'hexadecimal', fromHex(text)),
  ),
  coding('urlEncode', 'The text as it stands in a URL.', 'urlEncode(\'a b&c\') → "a%20b%26c"', 9, urlEncode),
  coding(
    'urlDecode',
    'The text that URL-encoded text spells. A + stays a +.',
    'urlDecode(\'a%20b%26c\') → "a b&c"',
    1,
    urlDecode,
  ),
];
