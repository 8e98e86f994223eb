/** A case says something that a pipeline document cannot say; the case is skipped for this reason. */
export class Inexpressible extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Inexpressible';
  }
}
