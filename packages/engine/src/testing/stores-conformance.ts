import type { ByteString } from '../log/byte-string.ts';
import { bytesToByteString } from '../log/byte-string.ts';
import { encodeAddress } from '../state/store-address.ts';
import type {
  StoreAddress,
  StoreChange,
  StoreEntry,
  StoreRange,
  StoreSlice,
  TaskStores,
} from '../state/store-table.ts';
import { rejection, type SuiteApi, seededRandom } from './suite-api.ts';

export interface StoresHarness {
  readonly name: string;
  /** Chooses the random cases; printed in the names of the tests that use it. */
  readonly seed: number;
  open(): Promise<OpenedStores>;
}

export interface OpenedStores {
  readonly stores: TaskStores;
  /** Closes the stores and opens them again on the same data; for stores that outlive their process. */
  reopen?(): Promise<TaskStores>;
  dispose(): Promise<void>;
}

function put(key: ByteString, value: string, segment = 0, timestamp = 0): StoreChange {
  return { segment, key, timestamp, value };
}

function remove(key: ByteString, segment = 0): StoreChange {
  return { segment, key, timestamp: 0, value: null };
}

function slice(
  changes: readonly StoreChange[],
  { store = 'counts', position = 1, droppedSegments = [] }: Partial<StoreSlice> = {},
): StoreSlice {
  return { store, changes, droppedSegments, position };
}

/** Each entry as `segment/key=value`. */
function listed(entries: Iterable<StoreEntry>): string[] {
  return [...entries].map(({ segment, key, value }) => `${segment}/${key}=${value}`);
}

const everything: StoreRange = { from: null, to: null };

/** What every {@link TaskStores} owes its callers, as tests on the real thing. */
export function storesConformance(suite: SuiteApi, harness: StoresHarness): void {
  const { expect } = suite;
  const it = (name: string, body: (stores: TaskStores, opened: OpenedStores) => Promise<void>): void =>
    suite.it(name, async () => {
      const opened = await harness.open();
      try {
        await body(opened.stores, opened);
      } finally {
        await opened.dispose();
      }
    });

  suite.describe(`${harness.name}: entries`, () => {
    it('starts empty at position 0', async (stores) => {
      const table = stores.table('counts');
      expect([stores.position('counts'), table.count(), table.segments(), listed(table.scan(everything))]).toEqual([
        0,
        0,
        [],
        [],
      ]);
      expect(table.get({ segment: 0, key: 'a' })).toBe(undefined);
    });

    it('gets what was put, from the moment the write is done', async (stores) => {
      const table = stores.table('counts');
      await stores.write([slice([put('a', '{"n":1}', 0, 17), put('b', '"Zürich 🚲"', 0, -0.5), put('', 'null')])]);
      expect(table.get({ segment: 0, key: 'a' })).toEqual({ timestamp: 17, value: '{"n":1}' });
      expect(table.get({ segment: 0, key: 'b' })).toEqual({ timestamp: -0.5, value: '"Zürich 🚲"' });
      expect(table.get({ segment: 0, key: '' })).toEqual({ timestamp: 0, value: 'null' });
      expect(table.get({ segment: 1, key: 'a' })).toBe(undefined);
      await stores.write([slice([put('a', '2', 0, 18), remove('b'), remove('never-was')])]);
      expect(table.get({ segment: 0, key: 'a' })).toEqual({ timestamp: 18, value: '2' });
      expect(table.get({ segment: 0, key: 'b' })).toBe(undefined);
      expect(table.count()).toBe(2);
    });

    it('lets the last change to an address win', async (stores) => {
      const table = stores.table('counts');
      await stores.write([
        slice([put('a', '1'), put('b', '1'), remove('a'), put('b', '2'), put('c', '1'), remove('c'), put('c', '2')]),
      ]);
      expect(listed(table.scan(everything))).toEqual(['0/b=2', '0/c=2']);
      expect(table.count()).toBe(2);
      await stores.write([slice([remove('b'), put('b', '3'), put('c', '3'), remove('c')])]);
      expect(listed(table.scan(everything))).toEqual(['0/b=3']);
      expect(table.count()).toBe(1);
    });

    it('keeps addresses of any bytes and long keys apart', async (stores) => {
      const table = stores.table('counts');
      const allBytes = bytesToByteString(Uint8Array.from({ length: 256 }, (_, index) => index));
      const long = 'k'.repeat(5_000);
      const keys = ['\0', '\xff', allBytes, long, `${long}a`, `${long}b`, 'k'.repeat(1_900), 'k'.repeat(70_000)];
      await stores.write([slice(keys.map((key, index) => put(key, `${index}`)))]);
      keys.forEach((key, index) => {
        expect(table.get({ segment: 0, key })).toEqual({ timestamp: 0, value: `${index}` });
      });
      expect([...table.scan(everything)].map(({ key }) => key)).toEqual([...keys].sort());
      expect([...table.scan({ ...everything, reverse: true })].map(({ key }) => key)).toEqual(
        [...keys].sort().reverse(),
      );
      const range = { from: { segment: 0, key: `${long}a` }, to: { segment: 0, key: `${long}b` } };
      expect(listed(table.scan(range))).toEqual([`0/${long}a=4`]);
      await stores.write([slice([remove(`${long}a`), put(`${long}b`, 'new')])]);
      expect(table.get({ segment: 0, key: `${long}a` })).toBe(undefined);
      expect(table.get({ segment: 0, key: `${long}b` })).toEqual({ timestamp: 0, value: 'new' });
      expect(table.count()).toBe(keys.length - 1);
      await stores.write([slice([remove(`${long}b`), remove(long), remove('k'.repeat(70_000))])]);
      expect(table.count()).toBe(keys.length - 4);
      expect([...table.scan(everything)].length).toBe(keys.length - 4);
    });

    it('orders by segment, then by key bytes', async (stores) => {
      const table = stores.table('windows');
      const segments = [0, 1, 127, 128, 2 ** 32, 1_700_000_000_000, Number.MAX_SAFE_INTEGER];
      const changes = segments.flatMap((segment) => [put('b', '1', segment), put('a', '1', segment)]);
      await stores.write([slice([...changes].reverse(), { store: 'windows' })]);
      expect(listed(table.scan(everything))).toEqual(
        segments.flatMap((segment) => [`${segment}/a=1`, `${segment}/b=1`]),
      );
      expect(table.segments()).toEqual(segments.map((segment) => ({ segment, entries: 2 })));
    });

    it('gives ranges in both directions, with open ends', async (stores) => {
      const table = stores.table('windows');
      const at = (segment: number, key: string): StoreAddress => ({ segment, key });
      const changes = [put('a', '1', 1), put('b', '1', 1), put('a', '1', 2), put('c', '1', 2), put('a', '1', 3)];
      await stores.write([slice(changes, { store: 'windows' })]);
      const all = ['1/a=1', '1/b=1', '2/a=1', '2/c=1', '3/a=1'];
      const cases: [StoreAddress | null, StoreAddress | null, string[]][] = [
        [null, null, all],
        [at(1, 'b'), null, all.slice(1)],
        [at(1, 'aa'), at(2, 'b'), all.slice(1, 3)],
        [null, at(2, 'c'), all.slice(0, 3)],
        [at(2, ''), at(3, ''), all.slice(2, 4)],
        [at(2, 'a'), at(2, 'a'), []],
        [at(3, 'b'), null, []],
        [null, at(1, ''), []],
        [at(3, ''), at(1, ''), []],
      ];
      for (const [from, to, expected] of cases) {
        expect(listed(table.scan({ from, to }))).toEqual(expected);
        expect(listed(table.scan({ from, to, reverse: true }))).toEqual([...expected].reverse());
      }
    });

    it('stops a scan that nobody takes to its end', async (stores) => {
      const table = stores.table('counts');
      await stores.write([slice([put('a', '1'), put('b', '1'), put('c', '1')])]);
      for (const { key } of table.scan(everything)) {
        if (key === 'b') break;
      }
      await stores.write([slice([remove('a'), remove('b'), remove('c')])]);
      expect(listed(table.scan(everything))).toEqual([]);
    });

    it('drops whole segments after the changes of the slice', async (stores) => {
      const table = stores.table('windows');
      const changes = [put('a', '1', 10), put('b', '1', 10), put('a', '1', 20), put('a', '1', 30)];
      await stores.write([slice(changes, { store: 'windows' })]);
      const options = { store: 'windows', droppedSegments: [10, 20, 99] };
      await stores.write([slice([put('c', '1', 10), remove('a', 20), put('b', '1', 30)], options)]);
      expect(listed(table.scan(everything))).toEqual(['30/a=1', '30/b=1']);
      expect([table.count(), table.segments()]).toEqual([2, [{ segment: 30, entries: 2 }]]);
      await stores.write([slice([put('d', '1', 10)], { store: 'windows' })]);
      expect([table.count(), table.segments()]).toEqual([
        3,
        [
          { segment: 10, entries: 1 },
          { segment: 30, entries: 2 },
        ],
      ]);
      await stores.write([slice([remove('d', 10)], { store: 'windows' })]);
      expect([table.count(), table.segments()]).toEqual([2, [{ segment: 30, entries: 2 }]]);
    });

    it(`agrees with a sorted list, whatever is written (seed ${harness.seed})`, async (stores) => {
      const random = seededRandom(harness.seed);
      const below = (limit: number): number => Math.floor(random() * limit);
      const letters = ['\0', 'a', 'b', '\x7f', '\x80', '\xff'];
      const address = (): StoreAddress => ({
        segment: below(4) * 1000,
        key: Array.from({ length: below(4) }, () => letters[below(letters.length)]).join(''),
      });
      const table = stores.table('counts');
      const expected = new Map<ByteString, StoreEntry>();
      for (let round = 1; round <= 60; round++) {
        const changes = Array.from(
          { length: below(12) },
          (): StoreChange => ({
            ...address(),
            timestamp: round,
            value: random() < 0.35 ? null : `${below(100)}`,
          }),
        );
        const droppedSegments = random() < 0.2 ? [below(4) * 1000] : [];
        for (const change of changes) {
          if (change.value === null) expected.delete(encodeAddress(change));
          else expected.set(encodeAddress(change), { ...change, value: change.value });
        }
        for (const [key, entry] of expected) if (droppedSegments.includes(entry.segment)) expected.delete(key);
        await stores.write([slice(changes, { droppedSegments, position: round })]);

        const sorted = [...expected].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
        const from = random() < 0.3 ? null : address();
        const to = random() < 0.3 ? null : address();
        const wanted = sorted.filter(
          (entry) =>
            (from === null || encodeAddress(entry) >= encodeAddress(from)) &&
            (to === null || encodeAddress(entry) < encodeAddress(to)),
        );
        expect([...table.scan({ from, to })]).toEqual(wanted);
        expect([...table.scan({ from, to, reverse: true })]).toEqual([...wanted].reverse());
        expect(table.count()).toBe(sorted.length);
        const segments = [...new Set(sorted.map(({ segment }) => segment))];
        expect(table.segments()).toEqual(
          segments.map((segment) => ({ segment, entries: sorted.filter((entry) => entry.segment === segment).length })),
        );
        const probe = address();
        const kept = expected.get(encodeAddress(probe));
        expect(table.get(probe)).toEqual(kept && { timestamp: kept.timestamp, value: kept.value });
      }
    });
  });

  suite.describe(`${harness.name}: slices`, () => {
    it('moves positions with entries, each store on its own', async (stores) => {
      await stores.write([
        slice([put('a', '1')], { position: 10 }),
        slice([put('a', '2')], { store: 'other', position: 20 }),
      ]);
      await stores.write([slice([], { position: 12 })]);
      expect([stores.position('counts'), stores.position('other'), stores.position('third')]).toEqual([12, 20, 0]);
      expect(stores.table('counts').get({ segment: 0, key: 'a' })?.value).toBe('1');
      expect(stores.table('other').get({ segment: 0, key: 'a' })?.value).toBe('2');
    });

    it('applies slices in order, also those written before the last is done', async (stores) => {
      const table = stores.table('counts');
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          stores.write([slice([put('a', `${index}`), put(`k${index}`, '1')], { position: index + 1 })]),
        ),
      );
      expect(table.get({ segment: 0, key: 'a' })?.value).toBe('19');
      expect([table.count(), stores.position('counts')]).toEqual([21, 20]);
      await stores.write([
        slice([put('a', 'x'), put('b', 'x')], { position: 30 }),
        slice([remove('a')], { position: 31 }),
      ]);
      expect([table.get({ segment: 0, key: 'a' }), table.count(), stores.position('counts')]).toEqual([
        undefined,
        21,
        31,
      ]);
    });

    it('clears the stores named and no other', async (stores) => {
      const table = stores.table('counts');
      await stores.write([
        slice([put('a', '1'), put('b', '1', 5)], { position: 10 }),
        slice([put('a', '2')], { store: 'other', position: 20 }),
      ]);
      await stores.clear(['counts', 'never-was']);
      expect([stores.position('counts'), table.count(), table.segments(), listed(table.scan(everything))]).toEqual([
        0,
        0,
        [],
        [],
      ]);
      expect([stores.position('other'), stores.table('other').count()]).toEqual([20, 1]);
      await stores.write([slice([put('c', '3')], { position: 4 })]);
      expect([listed(table.scan(everything)), table.count(), stores.position('counts')]).toEqual([['0/c=3'], 1, 4]);
    });

    it('keeps everything over a restart', async (stores, opened) => {
      if (opened.reopen === undefined) return;
      await stores.write([
        slice([put('a', '1', 3, 17), put('b', '1', 4)], { position: 10 }),
        slice([put('a', '2')], { store: 'other', position: 20 }),
      ]);
      const again = await opened.reopen();
      const table = again.table('counts');
      expect(listed(table.scan(everything))).toEqual(['3/a=1', '4/b=1']);
      expect(table.get({ segment: 3, key: 'a' })).toEqual({ timestamp: 17, value: '1' });
      expect([table.count(), table.segments(), again.position('counts'), again.position('other')]).toEqual([
        2,
        [
          { segment: 3, entries: 1 },
          { segment: 4, entries: 1 },
        ],
        10,
        20,
      ]);
    });

    it('is of no use after it was closed', async (stores) => {
      await stores.write([slice([put('a', '1')])]);
      await stores.close();
      expect((await rejection(stores.write([slice([])]))) instanceof Error).toBe(true);
      expect((await rejection(stores.clear(['counts']))) instanceof Error).toBe(true);
      expect((await rejection((async () => stores.position('counts'))())) instanceof Error).toBe(true);
    });
  });
}
