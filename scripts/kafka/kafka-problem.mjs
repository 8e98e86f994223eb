/** Something that the person at the keyboard can put right; the message says how. */
export class KafkaProblem extends Error {
  constructor(message) {
    super(message);
    this.name = 'KafkaProblem';
  }
}
