import { HALF_JITTER, jittered } from '../../../protocol/backoff.ts';
import type { LanesError } from '../errors.ts';
import type { LaneSocket } from '../socket.ts';
import type { PresentHandle } from './present-handle.ts';

/** How long to wait after a failure, unless the server asks for more. */
const RETRY_MS = 2_000;

const BERTHS = new WeakMap<LaneSocket, Map<string, Berth>>();

/** The one of a channel on a socket, which subscriptions of the channel share: the server knows a socket once per channel. */
export function berthOf(socket: LaneSocket, channel: string): Berth {
  const berths = BERTHS.get(socket) ?? new Map<string, Berth>();
  const berth = berths.get(channel) ?? new Berth(socket, channel);
  BERTHS.set(socket, berths.set(channel, berth));
  return berth;
}

/**
 * Tells the server who is present on a channel over a socket: the newest handle. One frame at a time, because the server
 * handles the frames of a socket concurrently.
 */
export class Berth {
  readonly #socket: LaneSocket;
  readonly #channel: string;
  readonly #handles = new Set<PresentHandle>();
  #sent: string | undefined;
  #isBusy = false;
  #isLost = false;

  constructor(socket: LaneSocket, channel: string) {
    this.#socket = socket;
    this.#channel = channel;
    void socket.lost.then(() => {
      this.#isLost = true;
    });
  }

  add(handle: PresentHandle): void {
    this.#handles.add(handle);
    void this.update();
  }

  remove(handle: PresentHandle): void {
    if (this.#handles.delete(handle)) void this.update();
  }

  async update(): Promise<void> {
    // A socket that is being closed together with what was present on it is lost by then.
    await undefined;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isLost && this.#wanted !== this.#sent) await this.#send(this.#wanted);
    this.#isBusy = false;
    if (!this.#isLost) for (const handle of this.#handles) handle.confirm();
  }

  /** Undefined if nobody is present. */
  get #wanted(): string | undefined {
    return [...this.#handles].at(-1)?.data;
  }

  async #send(data: string | undefined): Promise<void> {
    const channel = this.#channel;
    try {
      await this.#socket.request(data === undefined ? { action: 'absent', channel } : { action: 'present', channel, data }, () => true);
      this.#sent = data;
    } catch (thrown) {
      const error = thrown as LanesError;
      if (!error.final) return this.#pause(error.retryAfterMs ?? 0);
      // What is refused once is refused again.
      this.#sent = data;
      for (const handle of this.#handles) if (handle.data === data) handle.refuse(error);
    }
  }

  async #pause(atLeastMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, atLeastMs + jittered(RETRY_MS, HALF_JITTER));
    });
    await Promise.race([passed, this.#socket.lost]);
    clearTimeout(timer);
  }
}
