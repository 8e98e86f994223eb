/**
 * A process of its own on a log, for tests: `log-child.ts MODE DIRECTORY`. Says what it has done on its standard output, a line each.
 *
 *     append     appends 20 records to topic `in`, one batch each
 *     commit     commits round after round until it is killed; says `acknowledged N` after each
 *     end        appends without pause to topic `in`, and after a moment ends itself by endProcess
 *     fill       makes topic `in` and appends to it until the log refuses; says the code, then whether it holds just what was acknowledged
 */
import { encodeBatch, LogError } from '@millrace/engine';
import { EmbeddedLog } from '../embedded-log.ts';
import { endProcess } from '../end-process.ts';

export const application = 'kill-test';
export const taskId = '0_0';

const [mode, directory] = process.argv.slice(2) as [string, string];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function batch(values: readonly string[]) {
  return encodeBatch(values.map((value) => ({ key: value, value, timestamp: 0 })));
}

async function appendSome(log: EmbeddedLog): Promise<void> {
  for (let index = 0; index < 20; index++) {
    await log.append([{ topic: 'in', partition: 0, batch: batch([`${index}`]) }]);
  }
  say('done');
}

/** Round N writes N to `out`, N times two to `twice`, and N under one of seven keys to the compacted `latest`; its position is N + 1. */
async function commitUntilKilled(log: EmbeddedLog): Promise<void> {
  const epochs = await log.fence(application, [taskId]);
  const committed = await log.committed(application, taskId);
  for (let round = committed?.positions[0]?.offset ?? 0; ; round++) {
    const latest = encodeBatch([{ key: `key-${round % 7}`, value: `${round}`, timestamp: 0 }]);
    await log.commit({
      application,
      tasks: [
        {
          taskId,
          epoch: epochs[0] as number,
          positions: [{ topic: 'in', partition: 0, offset: round + 1 }],
          state: `${round}`,
        },
      ],
      appends: [
        { topic: 'out', partition: 0, batch: batch([`${round}`]) },
        { topic: 'twice', partition: 0, batch: batch([`${round}`]) },
        { topic: 'twice', partition: 0, batch: batch([`${round}`]) },
        { topic: 'latest', partition: 0, batch: latest },
      ],
    });
    say(`acknowledged ${round}`);
    // Not awaited: the kill shall hit clean-up and commits at once.
    if (round % 5 === 0) void log.housekeep();
  }
}

/** With several writers there is a write under way at nearly every moment. */
async function endWhileWriting(log: EmbeddedLog): Promise<void> {
  setTimeout(endProcess, 50 + Math.random() * 100);
  const write = async (): Promise<never> => {
    for (;;) await log.append([{ topic: 'in', partition: 0, batch: batch(['x']) }]);
  };
  await Promise.all([write(), write(), write()]);
}

async function fill(log: EmbeddedLog): Promise<void> {
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  await log.ensureTopics([{ name: 'in', partitions: 1, role: 'external', cleanup, owner: null }]);
  const large = 'x'.repeat(100_000);
  let acknowledged = 0;
  let refusal: unknown;
  while (refusal === undefined && acknowledged < 1000) {
    try {
      await log.append([{ topic: 'in', partition: 0, batch: batch([large]) }]);
      acknowledged++;
    } catch (error) {
      refusal = error;
    }
  }
  say(refusal instanceof LogError ? `refused ${refusal.code} ${refusal.retriable}` : `refused ${refusal}`);
  const options = { maxBytesPerPartition: Number.MAX_SAFE_INTEGER, maxWaitMs: 0 };
  const [result] = await log.read([{ topic: 'in', partition: 0, offset: 0 }], options);
  const counts = [result?.batches.length, result?.endOffset];
  say(acknowledged > 0 && counts.every((count) => count === acknowledged) ? 'intact' : `${acknowledged} ${counts}`);
}

if (directory !== undefined) {
  process.on('unhandledRejection', (error) => say(`unhandled ${error}`));
  const log = await EmbeddedLog.open({ directory });
  say('ready');
  if (mode === 'append') await appendSome(log);
  if (mode === 'commit') await commitUntilKilled(log);
  if (mode === 'end') await endWhileWriting(log);
  if (mode === 'fill') await fill(log);
  await log.close();
}
