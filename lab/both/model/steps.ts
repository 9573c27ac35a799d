import type { Scheduler } from 'fast-check';

/** What a step reads or writes of one thing that others use too. */
export interface Touch {
  readonly item: string;
  readonly writes: boolean;
  /** The part of an item that has numbered parts, both ends included. @default all of it */
  readonly from?: number;
  readonly to?: number;
}

/** Everything that a step uses, until the next step begins. Steps that touch different things may change places. */
export type Touches = readonly Touch[] | 'everything';

export const NOTHING: Touches = [];

export function reads(item: string, from?: number, to?: number): Touch {
  return { item, writes: false, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

export function writes(item: string, from?: number, to?: number): Touch {
  return { ...reads(item, from, to), writes: true };
}

export interface Step {
  readonly label: string;
  readonly touches: Touches;
  /** Whether it begins something that goes on beside what has caused it. */
  readonly spawned: boolean;
}

/** The steps that can be taken next, and who picks among them. */
export interface Steps {
  /** Turns of the event loop until all that a step causes has happened. */
  readonly turnsPerStep: number;
  readonly pending: number;
  /** Resolves when the step is taken. */
  add(step: Step): Promise<void>;
  take(): Promise<void>;
  /** Nothing could happen any more, and the time moves on. */
  rest(): void;
}

/** Steps in an order that fast-check draws. */
export function drawnSteps(scheduler: Scheduler): Steps {
  return {
    turnsPerStep: 1,
    get pending() {
      return scheduler.count();
    },
    add: ({ label }) => scheduler.schedule(Promise.resolve(), label),
    // Not `waitNext`, which waits for a hundred microtasks: a turn of the event loop runs all there are, for half of the time.
    take: () => scheduler.waitOne(),
    rest: () => {},
  };
}
