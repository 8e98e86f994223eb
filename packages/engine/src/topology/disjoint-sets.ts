/** Names in sets that can only grow together (union-find). A name that was never united is in a set of its own. */
export class DisjointSets {
  readonly #parents = new Map<string, string>();

  unite(left: string, right: string): void {
    const root = this.find(left);
    const other = this.find(right);
    if (root !== other) this.#parents.set(other, root);
  }

  /** A name that stands for the whole set: the same for all that are in it, until it is united with another. */
  find(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    // Each name on the way points to the root from now on, so that long ways are gone once.
    for (let at = name; at !== root; ) {
      const next = this.#parents.get(at) as string;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}
