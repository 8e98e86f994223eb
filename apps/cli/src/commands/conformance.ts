import { readFile } from 'node:fs/promises';
import {
  type CaseResult,
  type ConformanceCase,
  caseReport,
  readConformanceCases,
  runConformanceCase,
  summaryLine,
} from '@millrace/engine/testing';
import { CommandFailure, fileFailure } from '../command-failure.ts';

/**
 * Runs every case of a conformance file and prints a line for each, more for one that fails, and at last how many did what. The exit code
 * is 1 when a case failed.
 * @throws CommandFailure when the file cannot be read or is no conformance file
 */
export async function conformance(path: string): Promise<void> {
  const results: CaseResult[] = [];
  for (const conformanceCase of await readCases(path)) {
    const result = runConformanceCase(conformanceCase);
    results.push(result);
    process.stdout.write(`${caseReport(conformanceCase.id, result).join('\n')}\n`);
  }
  process.stdout.write(`${summaryLine(results)}\n`);
  if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
}

async function readCases(path: string): Promise<readonly ConformanceCase[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileFailure(path, 'read', error);
  }
  try {
    return readConformanceCases(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CommandFailure([`${path}: ${error.message}`]);
  }
}
