import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import wabt from 'wabt';

// After a change of a .wat: UPDATE_WASM=1 npx vitest run tests/wasm.test.ts

const sources = [
  { wat: 'packages/engine/src/json/scanner/scan-layout.wat', name: 'scanLayoutModule' },
  { wat: 'packages/backend-kafka/src/codec/records/records-codec.wat', name: 'recordsCodecModule' },
];

it.each(sources)('$name is compiled from $wat', async ({ wat, name }) => {
  const root = new URL('../', import.meta.url);
  const module = new URL(wat.replace('.wat', '-module.ts'), root);
  const { parseWat } = await wabt();
  const parsed = parseWat(wat, readFileSync(new URL(wat, root), 'utf8'), { simd: true, mutable_globals: true });
  parsed.resolveNames();
  parsed.validate();
  const compiled = Buffer.from(parsed.toBinary({}).buffer).toString('hex');
  if (process.env.UPDATE_WASM === '1') {
    const lines = (compiled.match(/.{1,120}/g) ?? []).map((line) => `  '${line}'`).join(' +\n');
    const head = `/** ${basename(wat)}, compiled, in hexadecimal digits. Made by tests/wasm.test.ts; see there. */`;
    writeFileSync(module, `${head}\nexport const ${name} =\n${lines};\n`);
    return;
  }
  const digits = readFileSync(module, 'utf8').match(/(?<=')[0-9a-f]+(?=')/g) ?? [];
  expect(digits.join('')).toBe(compiled);
});
