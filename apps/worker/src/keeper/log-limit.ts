import { fstatSync, ftruncateSync } from 'node:fs';

const stdoutFd = 1;
const logBytesMax = 16 * 1024 * 1024;

/** Empties the file that stdout is when it has grown too long. It is written at its end, whoever writes, so that nothing is left between. */
export function limitLog(lookMs: number): void {
  setInterval(() => {
    const { size } = fstatSync(stdoutFd);
    if (size > logBytesMax) ftruncateSync(stdoutFd);
  }, lookMs).unref();
}
