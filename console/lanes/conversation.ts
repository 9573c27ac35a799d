import type { ClientFrame, ServerFrame } from '../../backbone/protocol.ts';
import { isAfter } from './channel-order.ts';

/** Ids that are remembered to know a repeat by: far more than come twice at a distance. */
const MAX_SEEN = 2000;

/** What the frames tell about the client library's work. */
export interface ConversationListener {
  /** An event came that had come before. */
  onRepeat(): void;
  /** The replay on a new socket has begun: what comes is replayed until {@link onResumed}. */
  onResuming(): void;
  onResumed(after: string): void;
  /** What was missing after `after` was asked for; `found` events came, the rest never existed. */
  onMended(after: string, found: number): void;
}

/** A `subscribe` with a position that has not been answered in full. */
interface Question {
  readonly requestId: string | undefined;
  readonly after: string;
  /** The newest event that waited for one before it: there when a gap was open. */
  readonly heldUpTo: string | undefined;
  found: number;
}

/** The ids of events that came, on whichever socket. */
export class SeenIds {
  readonly #ids = new Set<string>();

  /** Returns whether the id is new. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_SEEN && oldest !== undefined) this.#ids.delete(oldest);
    return true;
  }
}

/**
 * Reads along on one socket. The client library hides repeats, gaps and replays, as it should; this page is there to show
 * them. It changes nothing, and the panes do not depend on it for their events.
 */
export class Conversation {
  readonly #seen: SeenIds;
  readonly #listener: ConversationListener;
  #question: Question | undefined;
  /** The subscription stands on this socket: whatever is asked for from now on is a check or mends a gap. */
  #established = false;
  #newest: string | undefined;

  constructor(seen: SeenIds, listener: ConversationListener) {
    this.#seen = seen;
    this.#listener = listener;
  }

  sent(frame: ClientFrame): void {
    if (frame.action !== 'subscribe') return;
    const { after, requestId } = frame;
    if (after === undefined) {
      this.#established = true;
      return;
    }
    const heldUpTo = this.#newest !== undefined && isAfter(this.#newest, after) ? this.#newest : undefined;
    this.#question = { requestId, after, heldUpTo, found: 0 };
    if (!this.#established) this.#listener.onResuming();
  }

  received(frame: ServerFrame): void {
    if (frame.kind === 'event') this.#receivedEvent(frame.id);
    if (frame.kind === 'caughtUp' && this.#question !== undefined && frame.requestId === this.#question.requestId) {
      this.#answered(this.#question, frame.id);
    }
  }

  #receivedEvent(id: string): void {
    const question = this.#question;
    if (!this.#seen.add(id)) this.#listener.onRepeat();
    else if (question?.heldUpTo !== undefined && isAfter(question.heldUpTo, id)) question.found++;
    if (this.#newest === undefined || !isAfter(this.#newest, id)) this.#newest = id;
  }

  #answered({ after, heldUpTo, found }: Question, caughtUpTo: string): void {
    this.#question = undefined;
    if (!this.#established) {
      this.#established = true;
      this.#listener.onResumed(after);
    } else if (heldUpTo !== undefined && !isAfter(heldUpTo, caughtUpTo)) {
      this.#listener.onMended(after, found);
    }
  }
}
