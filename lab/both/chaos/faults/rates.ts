/** How much goes wrong. Probabilities are per notification, post and so on; times are means. */
export interface FaultRates {
  readonly notifications: { readonly drop: number; readonly double: number; readonly delay: number; readonly reorder: number };
  /** `stuck`: connections whose buffer stays full for some seconds. */
  readonly posts: { readonly throttle: number; readonly fail: number; readonly failAfterSending: number; readonly stuck: number };
  readonly database: { readonly throttle: number; readonly delay: number; readonly loseAnswer: number };
  readonly loseDisconnect: number;
  readonly loseTaskEvent: number;
  /** Between two cuts of a client's connection. */
  readonly cutEveryMs: number;
  readonly killEveryMs: number;
  readonly rollEveryMs: number;
  /** Between two tasks that stand still until their queue has filled; half of them are killed then. */
  readonly stallEveryMs: number;
}

export const RATES: FaultRates = {
  notifications: { drop: 0.05, double: 0.05, delay: 0.05, reorder: 0.05 },
  posts: { throttle: 0.06, fail: 0.04, failAfterSending: 0.03, stuck: 0.004 },
  database: { throttle: 0.02, delay: 0.03, loseAnswer: 0.002 },
  loseDisconnect: 0.3,
  loseTaskEvent: 0.3,
  cutEveryMs: 220,
  killEveryMs: 14_000,
  rollEveryMs: 25_000,
  stallEveryMs: 30_000,
};
