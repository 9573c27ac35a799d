import { createRandom } from '../chaos/random.ts';

/** How a client's link behaves. Its bandwidth has no limit. */
export interface LinkProfile {
  readonly oneWayDelayMs: number;
  /** Added to each delay: a random part of it. What was sent first arrives first all the same, as with TCP. */
  readonly jitterMs: number;
  /** Nothing passes in either direction now and then: on average so often, for so long. */
  readonly stallEveryMs: number;
  readonly stallMs: { readonly min: number; readonly max: number };
}

/** A client at home or on the road: 40 ms and more for a round trip, and a pause about every ten seconds. */
export const LINK: LinkProfile = { oneWayDelayMs: 20, jitterMs: 10, stallEveryMs: 10_000, stallMs: { min: 100, max: 400 } };

/** When something arrives that was sent at a time. Both count from the opening of the connection; calls are in the order of sending. */
export type Direction = (sentMs: number) => number;

export interface Link {
  /** From the client to the server. The handshake of TCP takes a round trip before it. */
  readonly up: Direction;
  readonly down: Direction;
}

/** The link of one connection. The same seed and name make the same stalls, and draw the same delays in the same order. */
export function createLink(seed: number, name: string, profile: LinkProfile): Link {
  const { oneWayDelayMs, jitterMs } = profile;
  const endOfStall = createStalls(seed, name, profile);
  const direction = (stream: string, earliestMs: number): Direction => {
    const random = createRandom(seed, `${name}/${stream}`);
    let lastMs = 0;
    return (sentMs) => {
      const arrivesMs = Math.max(sentMs, earliestMs) + oneWayDelayMs + random.between(0, jitterMs);
      lastMs = Math.max(lastMs, endOfStall(arrivesMs));
      return lastMs;
    };
  };
  return { up: direction('up', 2 * oneWayDelayMs), down: direction('down', 0) };
}

/** Answers the end of the stall in which a time lies, or the time itself. */
function createStalls(seed: number, name: string, { stallEveryMs, stallMs }: LinkProfile): Direction {
  const random = createRandom(seed, `${name}/stalls`);
  const stalls = [{ fromMs: 0, toMs: 0 }];
  return (atMs) => {
    for (let last = stalls.at(-1); last !== undefined && last.toMs <= atMs; last = stalls.at(-1)) {
      const fromMs = last.toMs + random.waitMs(stallEveryMs);
      stalls.push({ fromMs, toMs: fromMs + random.between(stallMs.min, stallMs.max) });
    }
    return stalls.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)?.toMs ?? atMs;
  };
}
