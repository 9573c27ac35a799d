import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LAST_CHUNK, withoutChunks } from '../chunked-coding.ts';
import type { CloseReason, Sink } from '../hub/sink.ts';
import type { Stream } from '../hub/stream.ts';
import { httpDate } from './http-date.ts';
import { closeSoon, headLines, type Reply, withHeaders } from './reply.ts';

const STREAM_HEAD: Reply = {
  status: 200,
  headers: {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    // nginx and similar proxies would buffer the stream.
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
    // The socket belongs to the stream alone and closes with it.
    Connection: 'close',
  },
  body: '',
};

/** HTTP/1.0 clients do not know chunks: their stream ends with the connection (RFC 9112, 6.1 and 6.3). */
const HEADS = { chunked: withHeaders(STREAM_HEAD, { 'Transfer-Encoding': 'chunked' }), plain: STREAM_HEAD };

type Framing = keyof typeof HEADS;

interface Head {
  readonly date: string;
  readonly bytes: Buffer;
}

/**
 * Cached by the headers for pages of other origins: a stage allows few origins, and thousands of streams may
 * open in one second.
 */
const heads: Readonly<Record<Framing, WeakMap<Reply['headers'], Head>>> = { chunked: new WeakMap(), plain: new WeakMap() };

function headWith(more: Reply['headers'], framing: Framing): Buffer {
  const date = httpDate();
  const known = heads[framing].get(more);
  if (known?.date === date) return known.bytes;
  const { status, headers } = withHeaders(HEADS[framing], more);
  const bytes = Buffer.from(`${headLines(status, { ...headers, Date: date })}\r\n`);
  heads[framing].set(more, { date, bytes });
  return bytes;
}

const NOTHING = Buffer.alloc(0);

/**
 * A stream's socket. The response's head is sent with the first bytes: until then the request can be answered
 * with a problem.
 */
export class SocketSink implements Sink {
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #framing: Framing;
  #stream: Stream | undefined;
  #started = false;
  #blocked = false;

  /** @param headers in addition to those of every stream; pass the same object for the same headers */
  constructor(socket: Socket, { httpVersionMinor }: Pick<IncomingMessage, 'httpVersionMinor'>, headers: Reply['headers']) {
    this.#socket = socket;
    this.#framing = httpVersionMinor === 0 ? 'plain' : 'chunked';
    this.#head = headWith(headers, this.#framing);
  }

  get started(): boolean {
    return this.#started;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Tells the stream when the client leaves or the socket drains. */
  serve(stream: Stream): void {
    this.#stream = stream;
    const leave = () => this.#leave();
    // A client that sends more, or ends its side, does not wait for events. Both are noticed only while the
    // socket is being read.
    this.#socket.on('data', leave).on('end', leave).on('close', leave);
  }

  #leave(): void {
    this.#stream?.detach();
    this.#socket.destroy();
  }

  write(chunks: Buffer): void {
    const bytes = this.#framing === 'chunked' ? chunks : withoutChunks(chunks);
    this.#socket.write(this.#started ? bytes : Buffer.concat([this.#head, bytes]));
    this.#started = true;
    if (this.#blocked || this.#socket.writableLength === 0) return;
    // 'drain' is emitted only above the high-water mark, and a callback on every write would slow down every
    // write.
    this.#blocked = true;
    this.#socket.write(NOTHING, () => {
      this.#blocked = false;
      this.#stream?.wake();
    });
  }

  close(reason: CloseReason): void {
    if (!this.#started) return;
    // Otherwise the kernel would keep data for a client that does not read for minutes.
    if (reason === 'slow') {
      this.#socket.resetAndDestroy();
      return;
    }
    if (this.#framing === 'chunked') this.#socket.write(LAST_CHUNK);
    closeSoon(this.#socket);
  }
}
