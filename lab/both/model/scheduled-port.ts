import type { Simulation } from './simulation.ts';
import { NOTHING, type Touches } from './steps.ts';

export interface Caller {
  readonly simulation: Simulation;
  /** Who calls, for the trace. */
  readonly name: string;
  /** What a call uses when it takes effect. */
  readonly callTouches: (method: string, args: readonly unknown[]) => Touches;
  /** What the caller uses when it hears of it. */
  readonly answerTouches: (method: string, args: readonly unknown[]) => Touches;
  /** Around each call, its way there and back included: where a process dies, for example. */
  readonly around?: <T>(make: () => Promise<T>) => Promise<T>;
  /** How long a call is under way before it takes effect. */
  readonly delayMs?: (method: string) => number;
  /** How long a call may take until it is given up, after which it has no effect; undefined for any time. */
  readonly limitMs?: (method: string) => number | undefined;
}

class CallTimedOutError extends Error {
  override readonly name = 'CallTimedOutError';
}

/** The port, each call of which is two steps: it takes effect, and its answer comes. Anything may happen before and between. */
export function scheduledPort<Port extends object>(
  port: Port,
  { simulation, name, callTouches, answerTouches, around, delayMs, limitMs }: Caller,
): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') return member;
      const method = String(property);
      const call = async (args: readonly unknown[]): Promise<unknown> => {
        const limit = limitMs?.(method);
        const deadlineMs = limit === undefined ? Number.POSITIVE_INFINITY : simulation.nowMs() + limit;
        const checkInTime = () => {
          if (simulation.nowMs() > deadlineMs) throw new CallTimedOutError(`${method} has taken more than ${limit} ms`);
        };
        const delay = delayMs?.(method) ?? 0;
        if (delay > 0) await simulation.sleep(delay, undefined, NOTHING);
        await simulation.step(`${name} calls ${method}`, callTouches(method, args));
        checkInTime();
        const answer: unknown = await member.apply(target, args);
        simulation.note(`${name} ${method}(${args.map(brief).join(', ')}) = ${brief(answer)}`);
        await simulation.step(`${name} hears of ${method}`, answerTouches(method, args));
        checkInTime();
        return answer;
      };
      return (...args: unknown[]) => (around === undefined ? call(args) : around(() => call(args)));
    },
  });
}

function brief(value: unknown): string {
  const plain = value instanceof Map ? [...value] : value;
  const text = JSON.stringify(plain, (key, inner) => (typeof inner === 'number' && /Ms$/.test(key) ? undefined : inner)) ?? 'nothing';
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}
