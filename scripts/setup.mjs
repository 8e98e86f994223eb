import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// What both commands need before they can begin. Plain Node.js: it runs before anything is installed.

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Says what is being done, and how long it took. */
export function step(what, action) {
  process.stdout.write(`${what} … `);
  const begin = process.hrtime.bigint();
  const result = action();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  process.stdout.write(`${result?.note ?? 'done'} (${seconds.toFixed(1)} s)\n`);
  return result;
}

/** Runs a program to its end, quietly; what it said is shown only when it fails. */
export function run(command, args, { env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  return { ok: result.status === 0, output: result.error ? `${output}${result.error.message}\n` : output };
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Millrace needs Node.js 20.19 or newer; this is ${process.versions.node}. Install a newer one from nodejs.org.`);
}

/** Installs the dependencies when they are missing or older than the lockfile. */
export function ensureInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const lockfile = join(root, 'package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return;
  if (existsSync(marker) && isSameLock(marker, lockfile)) return;
  step('Installing dependencies', () => {
    // Not `npm ci`: it refuses a lockfile that names no packages for other platforms, and not every registry has those.
    const { ok, output } = run('npm', ['install', '--no-save', '--no-audit', '--no-fund']);
    if (!ok) fail(`The dependencies could not be installed. npm says:\n${output}`);
  });
}

/** A checkout makes the lockfile new without changing it: compare what matters. */
function isSameLock(marker, lockfile) {
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
      .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.optional && !entry.link)
      .map(([path, entry]) => `${path}@${entry.version}`)
      .sort()
      .join('\n');
  return versions(marker) === versions(lockfile);
}

/** Builds what has changed since the last build. */
export function build() {
  step('Building', () => {
    const { ok, output } = run(bin('turbo'), ['run', 'build', '--output-logs=errors-only', '--no-update-notifier']);
    if (!ok) fail(`The build failed:\n${output}`);
  });
}

/** The path of a program that the dependencies bring. */
export function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

export function fail(message) {
  process.stderr.write(`\n${message.trimEnd()}\n`);
  process.exit(1);
}
