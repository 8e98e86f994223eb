import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedTools } from './kafka/distribution.mjs';
import { startKafka } from './kafka/start-kafka.mjs';
import { bin, build, checkNode, ensureInstalled, root, run, step } from './setup.mjs';

// npm test: sets up what is missing, then runs everything: types, lint, unit and conformance tests, end-to-end tests in a browser.
// Tests that need a Kafka take the one that KAFKA_BROKERS names, else a local one that is started for them.
// MILLRACE_CHAOS_ROUNDS=each runs a round of each fault class besides, on a Kafka of its own; a number runs so many rounds.
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
const kafka = await findKafka();
try {
  await unitTests(kafka.env);
} finally {
  await kafka.stop();
}
await faultCampaign();
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

/** { env, stop }: what tests are told about Kafka, and how to end what was started for them. */
async function findKafka() {
  const stop = async () => undefined;
  if (process.env.KAFKA_BROKERS) return { env: {}, stop };
  const begin = performance.now();
  const without = (why) => {
    // Whoever knows that a broker can be had does not accept tests without one.
    if (process.env.MILLRACE_REQUIRE_KAFKA === '1') {
      totals.failed++;
      console.log(`Kafka is required here (MILLRACE_REQUIRE_KAFKA=1) and could not be started: ${why}`);
    }
    console.log(`The tests against Kafka are skipped: ${why}`);
    skipped.push({ what: 'tests against Kafka', why });
    return { env: {}, stop };
  };
  const { java, maven } = await installedTools();
  if (!java || !maven)
    return without(
      `${!java ? 'Java 17' : 'Maven'} is not here. Install ${!java && !maven ? 'Java 17 and Maven' : 'it'}, or set KAFKA_BROKERS to the address of a broker.`,
    );
  try {
    const local = await startKafka();
    console.log(`Kafka ${local.version} for the tests … ready (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
    return { env: { KAFKA_BROKERS: local.brokers }, stop: local.stop };
  } catch (error) {
    return without(error.message);
  }
}

async function unitTests(env) {
  const file = join(reports, 'unit.json');
  console.log('Unit tests …');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  // Not waited for with everything standing still: the broker's guard and its signals want to be heard.
  const child = spawn(bin('vitest'), args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
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

/** Rounds of faults on a Kafka that may be killed; each counts as a test. */
async function faultCampaign() {
  const what = 'the campaign of faults on Kafka';
  const wanted = process.env.MILLRACE_CHAOS_ROUNDS ?? '';
  if (wanted === '' || wanted === '0') {
    skipped.push({ what, why: 'it takes some minutes. MILLRACE_CHAOS_ROUNDS=each npm test runs it too.' });
    return;
  }
  const { java, maven } = await installedTools();
  if (!java || !maven) {
    const why = 'it starts and kills brokers of its own, for which Java 17 and Maven are needed.';
    console.log(`SKIPPED: ${what}: ${why}`);
    if (process.env.MILLRACE_REQUIRE_KAFKA === '1') totals.failed++;
    skipped.push({ what, why });
    return;
  }
  const file = join(reports, 'chaos.ndjson');
  console.log('Faults on Kafka …');
  const rounds = wanted === 'each' ? [] : ['--rounds', wanted];
  const child = spawn(process.execPath, [join(root, 'scripts', 'chaos.mjs'), ...rounds, '--results', file], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', resolve);
  });
  const verdicts = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const passed = verdicts.filter((verdict) => verdict.passed).length;
  totals.passed += passed;
  totals.failed += verdicts.length - passed;
  if (code !== 0 && passed === verdicts.length) {
    console.log('The campaign of faults on Kafka ended before its last round.');
    totals.failed++;
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
