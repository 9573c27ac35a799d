import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CloseReason, Sink } from '../hub/sink.ts';

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  // nginx and its relatives would hold the stream back.
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Accept',
};

const NOTHING = Buffer.alloc(0);

/**
 * A stream's socket. The response's head goes out with the first bytes, so that until then the request can still be
 * answered with a problem; the bytes then go to the socket itself, which takes half as much time as `response.write`.
 * That is possible because the body has no framing of its own: it ends with the connection (RFC 9112, 6.3).
 */
export class SocketSink implements Sink {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  /** Called when everything written has been taken, if at some time it had not. */
  onDrained: () => void = () => {};
  #started = false;
  #blocked = false;

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response;
    this.#socket = socket;
  }

  get started(): boolean {
    return this.#started;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (this.#started) this.#socket.write(bytes);
    else this.#start(bytes);
    if (this.#blocked || this.#socket.writableLength === 0) return;
    // 'drain' comes only after more than the high-water mark, and a callback on every write would cost every write.
    this.#blocked = true;
    this.#socket.write(NOTHING, () => {
      this.#blocked = false;
      this.onDrained();
    });
  }

  #start(bytes: Buffer): void {
    this.#started = true;
    this.#socket.cork();
    this.#response.removeHeader('Transfer-Encoding');
    this.#response.writeHead(200, HEADERS);
    this.#response.flushHeaders();
    this.#socket.write(bytes);
    this.#socket.uncork();
  }

  close(reason: CloseReason): void {
    if (!this.#started) return;
    // What the kernel holds for a client that does not read would stay there for minutes.
    if (reason === 'slow') this.#socket.resetAndDestroy();
    else this.#socket.destroySoon();
  }
}
