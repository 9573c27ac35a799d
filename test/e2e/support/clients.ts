let token = '';

/** What the clients of this file send from now on. The starters of runs set it: a test file has one run at a time. */
export function useToken(of: string): void {
  token = of;
}

/** The token of the run that was started last. */
export const currentToken = (): string => token;

export function authorization(): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Things that arrive one by one, and a way to wait for some of them. */
export class Inbox<T> {
  readonly items: T[] = [];
  #changed: () => void = () => {};

  push(item: T): void {
    this.items.push(item);
    this.#changed();
  }

  /** Resolves with the items once `ready` holds; rejects with what has come when it does not in time. */
  async until(ready: (items: readonly T[]) => boolean, timeoutMs = 15_000): Promise<readonly T[]> {
    const deadline = Date.now() + timeoutMs;
    while (!ready(this.items)) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw new Error(`not in ${timeoutMs} ms; ${this.items.length} came, the last: ${JSON.stringify(this.items.slice(-5))}`);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => (this.#changed = resolve)),
        new Promise<void>((resolve) => (timer = globalThis.setTimeout(resolve, leftMs))),
      ]);
      clearTimeout(timer);
    }
    return this.items;
  }

  count(n: number, timeoutMs?: number): Promise<readonly T[]> {
    return this.until((items) => items.length >= n, timeoutMs);
  }
}

/** A channel of its own for each test, so that tests sharing a run do not see each other's events. */
export function freshChannel(name: string): string {
  return `${name}.${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}`;
}
