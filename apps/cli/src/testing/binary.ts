import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import config from '../../rolldown.config.ts';

const app = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as users have it: the bundle behind bin/millrace.js, in a directory of its own that also holds a test's files. */
export class Binary {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async build(): Promise<Binary> {
    const binary = await Binary.unbuilt();
    const { output, ...input } = config as { readonly input: string; readonly output: { readonly format: 'esm' } };
    const bundle = await rolldown({ ...input, cwd: app });
    await bundle.write({ ...output, file: join(binary.directory, 'cli/dist/main.js'), sourcemap: false });
    await bundle.close();
    return binary;
  }

  static async unbuilt(): Promise<Binary> {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
    await mkdir(join(directory, 'cli'));
    await writeFile(join(directory, 'cli/package.json'), '{"type":"module"}');
    await cp(join(app, 'bin'), join(directory, 'cli/bin'), { recursive: true });
    return new Binary(directory);
  }

  /** Runs `millrace` with the arguments, in the directory of the files. */
  run(...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(this.directory, 'cli/bin/millrace.js'), ...args], {
        cwd: this.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
  }

  /** Writes a file: text as it is, a list as a JSON line each, anything else as JSON. */
  async write(name: string, content: unknown): Promise<void> {
    const text =
      typeof content === 'string'
        ? content
        : Array.isArray(content)
          ? content.map((line) => `${JSON.stringify(line)}\n`).join('')
          : JSON.stringify(content, null, 2);
    await writeFile(join(this.directory, name), text);
  }

  async text(name: string): Promise<string> {
    return readFile(join(this.directory, name), 'utf8');
  }

  async lines(name: string): Promise<readonly { readonly [property: string]: unknown }[]> {
    const text = await this.text(name);
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
  }

  /** Names in a directory, hidden ones included; null when there is none. */
  async names(directory: string): Promise<readonly string[] | null> {
    return readdir(join(this.directory, directory)).then(
      (names) => names.sort(),
      () => null,
    );
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
