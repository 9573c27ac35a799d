/**
 * Tells whoever waits what has happened. It takes any number of listeners: of an `EventTarget`, Node warns about the
 * 11th of a type, and each waiting subscription is one.
 */
export class Emitter {
  readonly #listeners = new Set<(event: string) => void>();

  /** Returns what removes the listener. */
  on(listener: (event: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: string): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
