/** Longer lists of numbers are not accumulators. */
const widthMax = 8;
const unknownWidth = -1;

/**
 * JSON data by row, for millions of rows. The first number, or list of few numbers as accumulators are, decides what shape lies in a column
 * of plain numbers: no object a row for the garbage collector to move. What has another shape is kept as it is.
 */
export class ValueColumn {
  /** Numbers a row; 0 is a number that stands alone and not in a list. */
  #width = unknownWidth;
  readonly #numbers: number[] = [];
  /** By row; undefined where the value lies in the numbers. */
  #others: unknown[] | null = null;

  /** The value that was put last, a list of its own if it is a list of numbers. The row must have been put. */
  get(row: number): unknown {
    if (this.#others !== null) {
      const other = this.#others[row];
      if (other !== undefined) return other;
    }
    const numbers = this.#numbers;
    const width = this.#width;
    if (width === 0) return numbers[row];
    if (width === 1) return [numbers[row]];
    const list: unknown[] = new Array(width);
    for (let index = 0; index < width; index++) list[index] = numbers[row * width + index];
    return list;
  }

  /** `value` is not undefined. Rows may be left out, and put later. */
  put(row: number, value: unknown): void {
    const numbers = this.#numbers;
    const width = shapeOf(value);
    if (this.#width === unknownWidth && width !== unknownWidth) this.#width = width;
    if (width === unknownWidth || width !== this.#width) {
      this.#others ??= [];
      // Without holes, which would make every reading slower.
      while (this.#others.length < row) this.#others.push(undefined);
      this.#others[row] = value;
      if (this.#width !== unknownWidth) this.#leaveRoom(row);
      return;
    }
    if (this.#others !== null && row < this.#others.length) this.#others[row] = undefined;
    if (row * Math.max(1, width) > numbers.length) this.#leaveRoom(row - 1);
    if (width === 0) {
      numbers[row] = value as number;
      return;
    }
    const list = value as readonly number[];
    const at = row * width;
    for (let index = 0; index < width; index++) numbers[at + index] = list[index] as number;
  }

  /** Puts what another column has in a row. */
  putFrom(row: number, from: ValueColumn, fromRow: number): void {
    const width = from.#width;
    const isNumbers = width !== unknownWidth && (from.#others === null || from.#others[fromRow] === undefined);
    if (!isNumbers || this.#others !== null || (this.#width !== width && this.#width !== unknownWidth)) {
      this.put(row, from.get(fromRow));
      return;
    }
    this.#width = width;
    const stride = Math.max(1, width);
    if (row * stride > this.#numbers.length) this.#leaveRoom(row - 1);
    for (let index = 0; index < stride; index++) {
      this.#numbers[row * stride + index] = from.#numbers[fromRow * stride + index] as number;
    }
  }

  /** Forgets the value of a row, which keeps its place. */
  forget(row: number): void {
    if (this.#others !== null && row < this.#others.length) this.#others[row] = null;
  }

  /** Forgets all rows, and keeps the room that they took. */
  clear(): void {
    this.#width = unknownWidth;
    this.#others = null;
  }

  /** So that the rows behind begin where they should. */
  #leaveRoom(row: number): void {
    const end = (row + 1) * Math.max(1, this.#width);
    while (this.#numbers.length < end) this.#numbers.push(0);
  }
}

/** Numbers a row that a value has; 0 for one that stands alone. */
function shapeOf(value: unknown): number {
  if (typeof value === 'number') return 0;
  if (!Array.isArray(value) || value.length === 0 || value.length > widthMax) return unknownWidth;
  for (let index = 0; index < value.length; index++) if (typeof value[index] !== 'number') return unknownWidth;
  return value.length;
}
