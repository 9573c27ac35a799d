/** A process dies around one of its calls: either the call was never made, or it was, and its answer is lost. */
export interface Crash {
  /** Which call it is, counted over all ports that share the crash. */
  readonly atCall: number;
  readonly when: 'before' | 'after';
}

export class CrashedError extends Error {
  override readonly name = 'CrashedError';
}

/** Counts the calls of one process. */
export class CrashCounter {
  readonly #crash: Crash;
  #calls = 0;

  constructor(crash: Crash) {
    this.#crash = crash;
  }

  async call<T>(make: () => Promise<T>): Promise<T> {
    const crashes = ++this.#calls >= this.#crash.atCall;
    if (crashes && this.#crash.when === 'before') throw new CrashedError();
    const answer = await make();
    if (crashes) throw new CrashedError();
    return answer;
  }
}

/** The port, with every call going through `around`. All methods of a port are asynchronous. */
export function intercept<Port extends object>(port: Port, around: <T>(make: () => Promise<T>) => Promise<T>): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => around(() => Promise.resolve(member.apply(target, args)));
    },
  });
}
