import { oncePerTurn } from '../once-per-turn.ts';

/** An amount that is held until it is released. */
export interface Reservation {
  readonly amount: number;
  /** Takes more, or gives some back. False if no more is available; the reservation then stays as it was. */
  resize(amount: number): boolean;
  /** Safe to call twice. */
  release(): void;
}

interface Held extends Reservation {
  readonly principal: string;
  readonly revoke: () => void;
}

interface Waiter {
  readonly amount: number;
  readonly revoke: () => void;
  readonly grant: (reservation: Reservation) => void;
}

/**
 * Divides a fixed amount (bytes of memory, places) among principals, so that the total is never exceeded and
 * nobody can keep others out.
 *
 * With n principals holding something, a fair share is the (n + 1)th part of the total: one share is left for
 * a newcomer. A principal may hold more while there is room: up to half of what the others leave. What it
 * holds beyond its fair share is revoked, the oldest first, as soon as a principal within its own fair share
 * needs it. So a reservation within the fair share is always granted.
 */
export class Shares {
  readonly total: number;
  readonly #held = new Map<string, Set<Held>>();
  readonly #amounts = new Map<string, number>();
  /** Each principal's own queue; principals take turns. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #used = 0;
  readonly #scheduleRetry = oncePerTurn(() => this.#retry());
  #revoked = 0;

  constructor(total: number) {
    this.total = total;
  }

  get used(): number {
    return this.#used;
  }

  /** What the principal holds now, in all its reservations together. */
  heldBy(principal: string): number {
    return this.#amounts.get(principal) ?? 0;
  }

  /**
   * A cheap check for callers that ask often and rarely reach a limit: whether anybody could take this much,
   * whatever they hold. While at most a quarter is in use, (total - used - held) / 2 is at least another
   * quarter for everybody.
   */
  isPlenty(amount: number): boolean {
    return this.#used * 4 <= this.total && amount * 4 <= this.total;
  }

  /** What the principal could hold at this moment, in all its reservations together. */
  shareOf(principal: string): number {
    const holders = this.#amounts.size + (this.#amounts.has(principal) ? 0 : 1);
    const leftByOthers = this.total - this.#used + this.heldBy(principal);
    return Math.floor(Math.max(this.total / (holders + 1), leftByOthers / 2));
  }

  /**
   * Reserves an amount at once; undefined if the principal may not hold that much more now.
   * @param revoke called when others need what the principal holds beyond its fair share. The reservation is
   * already released; the callback must drop what it stood for, and must not reserve anything.
   */
  reserve(principal: string, amount: number, revoke: () => void): Reservation | undefined {
    if (!this.#take(principal, amount)) return undefined;
    return this.#hold(principal, amount, revoke);
  }

  /**
   * Waits until the amount is available. Principals are served in turns, each in the order of its requests.
   * @throws the signal's reason if it aborts first
   */
  wait(principal: string, amount: number, revoke: () => void, signal: AbortSignal): Promise<Reservation> {
    signal.throwIfAborted();
    const reservation = this.#waiting.has(principal) ? undefined : this.reserve(principal, amount, revoke);
    if (reservation !== undefined) return Promise.resolve(reservation);
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(principal) ?? new Set();
      this.#waiting.set(principal, queue);
      const giveUp = () => {
        this.#leave(principal, waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        amount,
        revoke,
        grant: (granted) => {
          signal.removeEventListener('abort', giveUp);
          resolve(granted);
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.add(waiter);
    });
  }

  /** How many reservations were revoked since the last call. */
  takeRevoked(): number {
    const revoked = this.#revoked;
    this.#revoked = 0;
    return revoked;
  }

  #take(principal: string, amount: number): boolean {
    if (amount > 0 && this.heldBy(principal) + amount > this.shareOf(principal)) return false;
    this.#add(principal, amount);
    while (this.#used > this.total) this.#revokeOne();
    return true;
  }

  #hold(principal: string, amount: number, revoke: () => void): Reservation {
    const shares = this;
    let holds = amount;
    let released = false;
    const reservation: Held = {
      principal,
      revoke,
      get amount() {
        return holds;
      },
      resize(wanted) {
        if (released || !shares.#take(principal, wanted - holds)) return false;
        if (wanted < holds) shares.#retrySoon();
        holds = wanted;
        return true;
      },
      release() {
        if (released) return;
        released = true;
        shares.#remove(reservation);
        shares.#retrySoon();
      },
    };
    const own = this.#held.get(principal) ?? new Set();
    this.#held.set(principal, own);
    own.add(reservation);
    return reservation;
  }

  #add(principal: string, amount: number): void {
    this.#amounts.set(principal, this.heldBy(principal) + amount);
    this.#used += amount;
  }

  #remove(reservation: Held): void {
    const { principal, amount } = reservation;
    this.#add(principal, -amount);
    const own = this.#held.get(principal);
    own?.delete(reservation);
    if (own?.size !== 0) return;
    this.#held.delete(principal);
    this.#amounts.delete(principal);
  }

  /**
   * Revokes the oldest reservation of the principal that holds most. The request came from a principal within
   * its fair share, so the one that holds most exceeds its own.
   */
  #revokeOne(): void {
    const [most] = [...this.#amounts].reduce((left, right) => (right[1] > left[1] ? right : left));
    const [oldest] = this.#held.get(most) ?? [];
    if (oldest === undefined) throw new TypeError(`${most} holds ${this.#amounts.get(most)} without a reservation`);
    this.#revoked++;
    oldest.release();
    oldest.revoke();
  }

  #leave(principal: string, waiter: Waiter): void {
    const queue = this.#waiting.get(principal);
    queue?.delete(waiter);
    if (queue?.size === 0) this.#waiting.delete(principal);
  }

  /** Runs once for everything that is released in one turn of the event loop. */
  #retrySoon(): void {
    if (this.#waiting.size > 0) this.#scheduleRetry();
  }

  #retry(): void {
    let granted = 0;
    for (const [principal, queue] of [...this.#waiting]) {
      const [first] = queue;
      const reservation = first && this.reserve(principal, first.amount, first.revoke);
      if (first === undefined || reservation === undefined) continue;
      granted++;
      this.#leave(principal, first);
      // Moves behind the others, which are served first next time.
      if (this.#waiting.delete(principal)) this.#waiting.set(principal, queue);
      first.grant(reservation);
    }
    if (granted > 0) this.#retrySoon();
  }
}
