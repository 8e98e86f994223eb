/** A command cannot do what was asked, for a reason that the user can act on. Printed line by line on stderr; no stack. */
export class CommandFailure extends Error {
  readonly lines: readonly string[];
  readonly exitCode: number;

  constructor(lines: readonly string[], exitCode = 1) {
    super(lines.join('\n'));
    this.name = 'CommandFailure';
    this.lines = lines;
    this.exitCode = exitCode;
  }
}

const causes: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'its name is too long',
};

/** What to throw for an error of the file system: a failure in plain words. Anything else is given back as it is. */
export function fileFailure(path: string, action: 'read' | 'written', error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  return new CommandFailure([`${path}: It cannot be ${action}: ${causes[error.code] ?? error.message}.`]);
}
