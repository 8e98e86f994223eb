import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, build, checkNode, ensureInstalled, root, run, step } from './setup.mjs';

// npm test: sets up what is missing, then runs everything: types, lint, unit and conformance tests, end-to-end tests in a browser.
// What was skipped, and why, is printed before the last line, which is `N passed, N failed`.

const totals = { passed: 0, failed: 0 };
const skipped = [];
const flaky = [];
const reports = mkdtempSync(join(tmpdir(), 'millrace-test-'));

checkNode();
ensureInstalled();
build();
check('Types', bin('turbo'), ['run', 'typecheck', '--output-logs=errors-only', '--no-update-notifier']);
check('Format and lint', bin('biome'), ['check', '--error-on-warnings', '.']);
check('Lint with types', bin('oxlint'), ['--type-aware', '--deny-warnings']);
unitTests();
endToEndTests();
rmSync(reports, { recursive: true, force: true });

for (const { what, why, count } of skipped)
  console.log(`skipped: ${what}${count === undefined ? '' : ` (${count})`}: ${why}`);
for (const name of flaky) console.log(`passed only when run again: ${name}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function check(what, command, args) {
  step(what, () => {
    const { ok, output } = run(command, args);
    totals[ok ? 'passed' : 'failed']++;
    if (!ok) process.stdout.write(`\n${output.trimEnd()}\n`);
    return { note: ok ? 'ok' : 'failed' };
  });
}

function unitTests() {
  const file = join(reports, 'unit.json');
  console.log('Unit tests …');
  spawnSync(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
    cwd: root,
    stdio: 'inherit',
  });
  const report = readReport(file, 'The unit tests gave no report.');
  if (report === null) return;
  totals.passed += report.numPassedTests;
  // A file that cannot be loaded has no tests to fail, and is a failure all the same.
  const brokenFiles = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  totals.failed += report.numFailedTests + brokenFiles.length;
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed')
        skipped.push({ what: test.fullName, why: `marked ${test.status}` });
    }
  }
}

function endToEndTests() {
  const browser = findBrowser();
  if (browser === null) {
    skipped.push({
      what: 'end-to-end tests',
      why: 'no Chromium here and none could be installed. Install Chromium, or set CHROMIUM_PATH to its program.',
    });
    return;
  }
  const file = join(reports, 'e2e.json');
  console.log(`End-to-end tests in ${browser} …`);
  spawnSync(bin('playwright'), ['test', '--reporter=list,json'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  const report = readReport(file, 'The end-to-end tests gave no report.');
  if (report === null) return;
  totals.passed += report.stats.expected + report.stats.flaky;
  totals.failed += report.stats.unexpected + report.errors.length;
  for (const { title, file: place, line } of report.suites.flatMap(specsOf).filter(neededSecondRun))
    flaky.push(`${title} (${place}:${line})`);
  if (report.stats.skipped > 0)
    skipped.push({ what: 'end-to-end tests', why: 'marked as skipped', count: report.stats.skipped });
}

/** The specs of a suite and of the suites in it. */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

function neededSecondRun({ tests }) {
  return tests.some(({ status }) => status === 'flaky');
}

function readReport(file, complaint) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  console.log(complaint);
  totals.failed++;
  return null;
}

/** The path of a Chromium, installed by the system's package manager if it may be; null when there is none. */
function findBrowser() {
  const known = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const find = () => known.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
  const found = find();
  if (found !== null || process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return found;
  step('Installing Chromium', () => {
    const update = run('apt-get', ['update', '-qq']);
    const install = run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (install.ok) return { note: 'done' };
    process.stdout.write(`\n${update.output}${install.output}`);
    return { note: 'failed' };
  });
  return find();
}
