import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line as it is built. */
const program = fileURLToPath(new URL('../../../cli/bin/millrace.js', import.meta.url));

/** `millrace worker`, as somebody runs it on another machine. */
export class RemoteWorker {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(args: readonly string[], environment: { readonly [name: string]: string }) {
    this.child = spawn(process.execPath, [program, 'worker', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...environment },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Settles when it has said so. @throws Error when it ends before */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const isOver = this.ended.then(() => true);
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (await Promise.race([isOver, new Promise<false>((resolve) => setTimeout(resolve, 10, false))])) {
        throw new Error(`It has ended and said: ${this.output}`);
      }
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
