import type { Socket } from 'node:net';
import type { CloseReason, Sink } from '../hub/sink.ts';
import type { Stream } from '../hub/stream.ts';
import { closeSoon, headLines, type Reply, withHeaders } from './reply.ts';

const STREAM_HEAD: Reply = {
  status: 200,
  headers: {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    // nginx and its relatives would hold the stream back.
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
    // The body has no framing of its own: it ends with the connection (RFC 9112, 6.3).
    Connection: 'close',
  },
  body: '',
};

/** A stage allows few origins, so there are few heads. */
const heads = new WeakMap<Reply['headers'], Buffer>();

function headWith(more: Reply['headers']): Buffer {
  const known = heads.get(more);
  if (known !== undefined) return known;
  const head = Buffer.from(`${headLines(STREAM_HEAD.status, withHeaders(STREAM_HEAD, more).headers)}\r\n`);
  heads.set(more, head);
  return head;
}

const NOTHING = Buffer.alloc(0);

/** A stream's socket. The response's head goes out with the first bytes: until then the request can be answered with a problem. */
export class SocketSink implements Sink {
  readonly #socket: Socket;
  readonly #head: Buffer;
  #stream: Stream | undefined;
  #started = false;
  #blocked = false;

  /** @param cors headers for pages of other origins: the same object for the same headers */
  constructor(socket: Socket, cors: Reply['headers']) {
    this.#socket = socket;
    this.#head = headWith(cors);
  }

  get started(): boolean {
    return this.#started;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Tells the stream what happens to the socket. */
  serve(stream: Stream): void {
    this.#stream = stream;
    const leave = () => this.#leave();
    // A client that sends more, or says that it sends no more, does not wait for events. Either has to be read to be noticed.
    this.#socket.on('data', leave).on('end', leave).on('close', leave);
  }

  #leave(): void {
    this.#stream?.detach();
    this.#socket.destroy();
  }

  write(bytes: Buffer): void {
    this.#socket.write(this.#started ? bytes : Buffer.concat([this.#head, bytes]));
    this.#started = true;
    if (this.#blocked || this.#socket.writableLength === 0) return;
    // 'drain' comes only after more than the high-water mark, and a callback on every write would cost every write.
    this.#blocked = true;
    this.#socket.write(NOTHING, () => {
      this.#blocked = false;
      this.#stream?.wake();
    });
  }

  close(reason: CloseReason): void {
    if (!this.#started) return;
    // What the kernel holds for a client that does not read would stay there for minutes.
    if (reason === 'slow') this.#socket.resetAndDestroy();
    else closeSoon(this.#socket);
  }
}
