import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, checkNode, ensureInstalled, root } from './setup.mjs';

// npm start: sets up what is missing, then runs Millrace until Ctrl-C. Arguments go to the server: npm start -- --port 4817

/** A terminal and npm both pass Ctrl-C on; signals this close together are one. */
const sameSignalMs = 500;

checkNode();
ensureInstalled();
build();

const server = spawn(process.execPath, [join(root, 'apps', 'server', 'dist', 'main.js'), ...process.argv.slice(2)], {
  // The channel tells the server when we are gone, whatever ended us.
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  // In a process group of its own, so that each signal reaches it once, through us.
  detached: true,
  env: { MILLRACE_LOG_LEVEL: 'warn', ...process.env },
});

let lastSignalMs = Number.NEGATIVE_INFINITY;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    const nowMs = performance.now();
    if (nowMs - lastSignalMs < sameSignalMs) return;
    lastSignalMs = nowMs;
    server.kill(signal);
  });
}
// When npm is ended, its shell may go without telling us: whoever has lost their parent has nobody left to stop them.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) server.kill('SIGTERM');
}, 500).unref();

server.once('exit', (code) => process.exit(code ?? 1));
