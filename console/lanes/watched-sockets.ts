import type { ClientFrame, ServerFrame } from '../../backbone/protocol.ts';
import { Conversation, type ConversationListener, SeenIds } from './conversation.ts';

/** The sockets of one connection: a way to cut them as a network would, and to read along. */
export interface WatchedSockets {
  /** For the `WebSocket` option of `connect`. */
  readonly WebSocket: typeof WebSocket;
  /** Closes the socket, and each that is opened, until {@link restore}. */
  cut(): void;
  restore(): void;
}

export function watchSockets(Socket: typeof WebSocket, listener: ConversationListener): WatchedSockets {
  const seen = new SeenIds();
  const sockets = new Set<WebSocket>();
  let isCut = false;

  class WatchedSocket extends Socket {
    readonly #conversation = new Conversation(seen, listener);

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.add(this);
      this.addEventListener('close', () => sockets.delete(this));
      // The client listens from the beginning: added at 'open', this listener hears each frame when the client has dealt with it.
      this.addEventListener('open', () => {
        this.addEventListener('message', ({ data }) => this.#conversation.received(JSON.parse(data) as ServerFrame));
      });
      // Not at once: nobody listens for the close of a socket that is still being made.
      if (isCut) queueMicrotask(() => this.close());
    }

    override send(text: string): void {
      this.#conversation.sent(JSON.parse(text) as ClientFrame);
      super.send(text);
    }
  }

  return {
    WebSocket: WatchedSocket,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.close();
    },
    restore() {
      isCut = false;
    },
  };
}
