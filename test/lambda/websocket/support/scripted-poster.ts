import type { ConnectionPoster, PostOutcome } from '../../../../lambda/websocket/ports.ts';
import type { ServerFrame } from '../../../../packages/protocol/index.ts';

export type Script = (connectionId: string, nth: number, signal: AbortSignal | undefined) => PostOutcome | Promise<PostOutcome>;

export interface Post {
  readonly connectionId: string;
  readonly frame: ServerFrame;
  readonly outcome: PostOutcome;
}

/** A poster whose answers a test decides: by connection, and by the how-manieth post to it this is (from 1). */
export class ScriptedPoster implements ConnectionPoster {
  /** Answered posts, in the order of their answers. */
  readonly posts: Post[] = [];
  inFlight = 0;
  mostInFlight = 0;
  readonly #counts = new Map<string, number>();
  readonly #script: Script;

  constructor(script: Script = () => ({ kind: 'sent' })) {
    this.#script = script;
  }

  async post(connectionId: string, frame: string, signal?: AbortSignal): Promise<PostOutcome> {
    const nth = (this.#counts.get(connectionId) ?? 0) + 1;
    this.#counts.set(connectionId, nth);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      const outcome = await this.#script(connectionId, nth, signal);
      this.posts.push({ connectionId, frame: JSON.parse(frame), outcome });
      return outcome;
    } finally {
      this.inFlight--;
    }
  }

  /** Frames that the connection has got, in order. */
  sentTo(connectionId: string): ServerFrame[] {
    return this.posts.filter((post) => post.connectionId === connectionId && post.outcome.kind === 'sent').map((post) => post.frame);
  }
}

/** Answers `unavailable` when the caller gives up, and never before. */
export function hanging(signal: AbortSignal | undefined): Promise<PostOutcome> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve({ kind: 'unavailable', reason: 'aborted' }), { once: true });
  });
}
