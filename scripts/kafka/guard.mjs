import { rmSync } from 'node:fs';

// Outlives whoever started the brokers, by a moment: when our input ends, whatever ended it, the brokers end with it.
// Lines: `+PID` a broker runs, `-PID` it has ended, `rm DIRECTORY` to be removed at the end.

const brokers = new Set();
const directories = [];
let unread = '';

// Ctrl-C in the terminal is not for us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  unread += text;
  const lines = unread.split('\n');
  unread = lines.pop() ?? '';
  for (const line of lines) {
    if (line.startsWith('+')) brokers.add(Number(line.slice(1)));
    else if (line.startsWith('-')) brokers.delete(Number(line.slice(1)));
    else if (line.startsWith('rm ')) directories.push(line.slice(3));
  }
});
process.stdin.on('end', () => {
  for (const pid of brokers) end(pid);
  const waiting = setInterval(() => {
    if ([...brokers].some(runs)) return;
    clearInterval(waiting);
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  }, 50);
});

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    brokers.delete(pid);
  }
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
