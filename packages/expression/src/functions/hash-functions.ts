import { crc32 } from '../hashes/crc32.ts';
import { md5 } from '../hashes/md5.ts';
import { murmur2 } from '../hashes/murmur2.ts';
import { murmur3 } from '../hashes/murmur3.ts';
import { sha256 } from '../hashes/sha256.ts';
import { numberType, stringType } from '../value-type.ts';
import { defineFunction, type FunctionKind } from './function-kind.ts';

const encoder = new TextEncoder();

/** A hash of the UTF-8 bytes of a text. One step pays for `perStep` characters. */
function hash(
  name: string,
  summary: string,
  example: string,
  perStep: number,
  compute: (bytes: Uint8Array) => number | string,
): FunctionKind {
  const type = example.endsWith('"') ? stringType : numberType;
  const doc = { name, signature: `${name}(text)`, summary, example: `${name}('SFO') → ${example}` };
  return defineFunction(doc, [{ name: 'text', kind: 'string' }], type, (call, text) => {
    call.admitText(text.length);
    call.charge(Math.ceil(text.length / perStep));
    return compute(encoder.encode(text));
  });
}

/** Hashes of texts: the same in every language that has them. */
export const hashFunctions: readonly FunctionKind[] = [
  hash(
    'murmur2',
    'The hash by which Kafka finds the partition of a text key: a signed 32-bit number, as in Java.',
    '232264114',
    128,
    murmur2,
  ),
  hash(
    'murmur3',
    'MurmurHash3 with 128 bits (x64, seed 0), 32 hexadecimal digits.',
    '"2986da3207cd4d6f75b824c41540a502"',
    16,
    murmur3,
  ),
  hash('crc32', 'The CRC-32 of zip and gzip, 0 to 4294967295.', '3522952569', 64, crc32),
  hash(
    'sha256',
    'SHA-256, 64 hexadecimal digits.',
    '"1c0a5a3086d807ce81b9406546a5c347c09c0012ccc162de2407c5353a0b92f3"',
    32,
    sha256,
  ),
  hash(
    'md5',
    'MD5, 32 hexadecimal digits. For keys and comparison; it protects nothing.',
    '"f3b69be0f57a9519705082d49cc75ed6"',
    32,
    md5,
  ),
];
