// A worker that runs nothing: it speaks the protocol as `<data>/worker-script.json` says, so that tests decide what happens to it.
// What it hears goes to `<data>/worker-heard.ndjson`.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const data = process.env.MILLRACE_DATA;
const script = () => JSON.parse(readFileSync(join(data, 'worker-script.json'), 'utf8'));
const say = (message) => process.send(message);
const { protocolVersion, onHello, onAssign, onRead, onStop, storeAnswers } = script();
let topology = null;

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  appendFileSync(join(data, 'worker-heard.ndjson'), `${JSON.stringify({ pid: process.pid, ...message })}\n`);
  switch (message.type) {
    case 'deploy':
      topology = message.topology;
      break;
    case 'assign':
      assign(message.tasks);
      break;
    case 'read':
      read(message.taskIds);
      break;
    case 'storeQuery':
      if (storeAnswers !== undefined) say({ type: 'storeAnswers', requestId: message.requestId, ...storeAnswers });
      break;
    case 'stop':
      if (onStop === 'ignore') break;
      say({ type: 'stopped' });
      process.disconnect();
      process.exit(0);
  }
});

function read(taskIds) {
  const isFailing = onRead === 'fail';
  sayStates(taskIds, isFailing || onRead === 'restore' ? 'restoring' : 'running', 1);
  if (isFailing) {
    say({ type: 'failed', code: 'io', message: 'The disk does not answer.', node: null, retriable: true });
    process.exit(1);
  }
}

function sayStates(taskIds, state, restoredRecords) {
  say({ type: 'taskStates', tasks: taskIds.map((taskId) => ({ taskId, state, restoredRecords, restoreTotal: 4 })) });
}

function assign(tasks) {
  const states = (state, restoredRecords) =>
    sayStates(
      tasks.map(({ taskId }) => taskId),
      state,
      restoredRecords,
    );
  switch (onAssign) {
    case 'run':
      states('restoring', 1);
      states('running', 4);
      tick(tasks);
      break;
    case 'restore':
      states('restoring', 1);
      break;
    case 'fail':
      say({
        type: 'failed',
        code: 'policy',
        message: 'delayed-only failed on flights-0 @ 7.',
        node: 'delayed-only',
        retriable: false,
      });
      process.exit(1);
      break;
    case 'fail-for-now':
      say({ type: 'failed', code: 'io', message: 'The disk does not answer.', node: null, retriable: true });
      process.exit(1);
      break;
    case 'babble':
      say({ type: 'weather', sunny: true });
      break;
  }
}

/** Each task has read 10 of its source's records, of which 4 went on. */
function tick(tasks) {
  const byTask = tasks.map(({ taskId }) => {
    const [id, partition] = taskId.split('_').map(Number);
    const part = topology.subTopologies.find((candidate) => candidate.id === id);
    return {
      taskId,
      counters: [...part.sources, ...part.processors, ...part.sinks].map((each) => [
        each.id,
        [10, 4, 0, 6, 0, 0, 0, 4, 0, 0],
      ]),
      streamTime: 1000 + partition,
      partitions: part.sources.map(({ topic }) => ({ topic, partition, position: 10, endOffset: 12 })),
      stores: part.stores.map((name) => ({ name, entries: 5 })),
    };
  });
  say({ type: 'tick', tasks: byTask, busy: 0.25, memoryBytes: 1e6, failures: [] });
}

if (onHello === 'silent') setInterval(() => undefined, 1_000);
else say({ type: 'hello', protocolVersion, pid: process.pid });
