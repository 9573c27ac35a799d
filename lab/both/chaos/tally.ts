/** Counts by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Sum of all counts whose names begin so. */
  sum(prefix: string): number {
    return [...this.#counts].reduce((sum, [name, count]) => (name.startsWith(prefix) ? sum + count : sum), 0);
  }
}
