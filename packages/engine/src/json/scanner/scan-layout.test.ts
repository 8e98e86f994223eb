import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import wabt from 'wabt';
import { scanLayoutModule } from './scan-layout-module.ts';

// After a change of scan-layout.wat: UPDATE_WASM=1 npx vitest run packages/engine/src/json/scanner/scan-layout.test.ts

const source = new URL('./scan-layout.wat', import.meta.url);
const module = new URL('./scan-layout-module.ts', import.meta.url);

it('is compiled from scan-layout.wat', async () => {
  const { parseWat } = await wabt();
  const parsed = parseWat('scan-layout.wat', readFileSync(source, 'utf8'), { simd: true });
  parsed.resolveNames();
  parsed.validate();
  const compiled = Buffer.from(parsed.toBinary({}).buffer).toString('hex');
  if (process.env.UPDATE_WASM === '1') {
    const lines = (compiled.match(/.{1,120}/g) ?? []).map((line) => `  '${line}'`).join(' +\n');
    const head = '/** scan-layout.wat, compiled, in hexadecimal digits. Made by scan-layout.test.ts; see there. */';
    writeFileSync(module, `${head}\nexport const scanLayoutModule =\n${lines};\n`);
  } else {
    expect(scanLayoutModule).toBe(compiled);
  }
});
