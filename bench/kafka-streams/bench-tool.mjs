import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The Java process that makes topics, fills them, watches runs and compares outputs; commands are answered in order. */
export class BenchTool {
  constructor(classPath, brokers) {
    this.child = spawn(
      'java',
      ['-Xmx6g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'millrace.bench.Bench', brokers],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.waiting = [];
    createInterface({ input: this.child.stdout }).on('line', (line) => this.waiting.shift()?.resolve(JSON.parse(line)));
    this.child.once('exit', () => {
      for (const { reject } of this.waiting) reject(new Error('The tool of the benchmark has ended.'));
    });
  }

  /** Throws what the tool could not do. */
  async ask(command) {
    const answer = await new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify(command)}\n`);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Whatever it is in the middle of. */
  close() {
    this.child.kill('SIGKILL');
  }
}
