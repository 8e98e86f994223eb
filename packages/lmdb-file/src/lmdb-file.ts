import { type FileHandle, open } from 'node:fs/promises';

/**
 * LMDB maps its file into memory and trusts what it finds: a file that was cut or overwritten kills the process instead of giving an
 * error. So the places where LMDB begins to read are looked at first: two meta pages, the newer of which names the roots of two trees.
 *
 *     page       number u64 | txn u64 | pad u16 | flags u16 | …        24 bytes in all
 *     meta page  … | magic u32 | version u32 | address u64 | map size u64 | free tree 48 bytes | main tree 48 bytes | last page u64 | txn u64
 *     tree       page size u32 (of the free tree) | … | root page u64 at 40
 */
const magic = 0xbeefc0de;
const treesAt = 48;
const treeBytes = 48;
const rootAt = 40;
const lastPageAt = 144;
const transactionAt = 152;
const metaBytes = 160;
const flagsAt = 18;
const treePageFlags = 0b11;
const noPage = 0xffff_ffff_ffff_ffffn;

interface Meta {
  readonly pageBytes: number;
  readonly roots: readonly bigint[];
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * What is wrong with the file, or null. A file that is missing or empty is in order: LMDB makes a new one.
 * @param slackBytes How much shorter than announced the file may be. LMDB does not write pages that were taken and given back in one
 * transaction, so the end of a sound file may be missing.
 */
export async function damageOf(path: string, slackBytes: number): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    // Another process may commit twice between two reads here and use a root's page again; then the newer meta page tells.
    let last: bigint | null = null;
    for (;;) {
      const { size } = await file.stat();
      if (size === 0) return null;
      const meta = await newestMeta(file);
      if (meta === null) return 'it does not begin as an LMDB file does';
      const announced = Number(meta.lastPage + 1n) * meta.pageBytes;
      if (size + slackBytes < announced) return `it has ${size} of ${announced} bytes`;
      if (await areRoots(file, meta)) return null;
      if (meta.transaction === last) return 'the root of a tree is not where it should be';
      last = meta.transaction;
    }
  } finally {
    await file.close();
  }
}

async function newestMeta(file: FileHandle): Promise<Meta | null> {
  const first = await metaAt(file, 0);
  const second = first === null ? null : await metaAt(file, first.pageBytes);
  if (first === null || second === null) return null;
  return first.transaction > second.transaction ? first : second;
}

async function metaAt(file: FileHandle, position: number): Promise<Meta | null> {
  const page = Buffer.alloc(metaBytes);
  const { bytesRead } = await file.read(page, 0, metaBytes, position);
  const pageBytes = page.readUInt32LE(treesAt);
  if (bytesRead < metaBytes || page.readUInt32LE(24) !== magic) return null;
  if (pageBytes < 512 || pageBytes > 0x10000 || (pageBytes & (pageBytes - 1)) !== 0) return null;
  return {
    pageBytes,
    roots: [page.readBigUInt64LE(treesAt + rootAt), page.readBigUInt64LE(treesAt + treeBytes + rootAt)],
    lastPage: page.readBigUInt64LE(lastPageAt),
    transaction: page.readBigUInt64LE(transactionAt),
  };
}

async function areRoots(file: FileHandle, { pageBytes, roots }: Meta): Promise<boolean> {
  for (const root of roots) {
    if (root === noPage) continue;
    const page = Buffer.alloc(24);
    const { bytesRead } = await file.read(page, 0, 24, Number(root) * pageBytes);
    const isTreePage = (page.readUInt16LE(flagsAt) & treePageFlags) !== 0;
    if (bytesRead < 24 || page.readBigUInt64LE(0) !== root || !isTreePage) return false;
  }
  return true;
}
