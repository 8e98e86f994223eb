import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EncodedBatch, RecordBatch } from '@millrace/engine';

/**
 * CPU nanoseconds a record of the payments job in C over the same records, which is as fast as this machine does it; null where there is no
 * C compiler.
 */
export function cFloorNs(source: string, batches: readonly EncodedBatch[]): number | null {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-floor-'));
  try {
    const program = join(directory, 'floor');
    const compiled = spawnSync('cc', ['-O3', '-march=native', '-o', program, source], { encoding: 'utf8' });
    if (compiled.status !== 0) return null;
    const data = join(directory, 'records');
    writeFileSync(data, Buffer.concat(batches.flatMap((batch) => plainRecords(new RecordBatch(batch.bytes, 0)))));
    const ran = spawnSync(program, [data], { encoding: 'utf8' });
    const ns = Number(ran.stdout.split(' ')[0]);
    return ran.status === 0 && Number.isFinite(ns) ? ns : null;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function plainRecords(batch: RecordBatch): Buffer[] {
  return Array.from({ length: batch.count }, (_, index) => {
    const key = batch.key(index) ?? new Uint8Array();
    const value = batch.value(index) ?? new Uint8Array();
    const head = Buffer.alloc(16);
    head.writeBigInt64LE(BigInt(batch.timestamps[index] ?? 0), 0);
    head.writeUInt32LE(key.length, 8);
    head.writeUInt32LE(value.length, 12);
    return Buffer.concat([head, key, value]);
  });
}
