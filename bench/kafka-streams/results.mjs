import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/**
 * The pairs that were measured: a line of JSON each, in a file if there is one, so that a campaign may be ended and gone on with. Pairs that
 * were measured otherwise (other sizes, other options, another build of the worker) may lie in the same file, and are left out.
 */
export class Results {
  #file;
  /** What figures depend on besides guarantee and job. */
  settings;
  /** Those of these settings, as { guarantee, job, pair, compared, runs }. */
  pairs = [];
  /** How many lines of the file are of other settings. */
  others = 0;

  /** @param settings all that figures depend on besides guarantee and job */
  constructor(file, settings) {
    this.#file = file;
    this.settings = settings;
    if (file === undefined || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const pair = parsed(line);
      if (pair === null) continue;
      if (JSON.stringify(pair.settings) === JSON.stringify(settings)) this.pairs.push(pair);
      else this.others++;
    }
  }

  /** How many pairs of a job there are. */
  count(guarantee, job) {
    return this.pairs.filter((pair) => pair.guarantee === guarantee && pair.job === job).length;
  }

  add(pair) {
    this.pairs.push(pair);
    if (this.#file === undefined) return;
    appendFileSync(
      this.#file,
      `${JSON.stringify({ at: new Date().toISOString(), ...pair, settings: this.settings })}\n`,
    );
  }
}

/** Null for what is no whole line, as a crash may leave it. */
function parsed(line) {
  try {
    const pair = JSON.parse(line);
    return Array.isArray(pair?.runs) ? pair : null;
  } catch {
    return null;
  }
}

/** Names what a program is, so that figures of two builds are not taken for those of one. */
export function buildOf(program) {
  return createHash('sha256').update(readFileSync(program)).digest('hex').slice(0, 12);
}
