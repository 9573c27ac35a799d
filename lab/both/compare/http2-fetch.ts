import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

/** `fetch` over HTTP/2, as browsers do it: everything to a server shares one connection, which is opened again when it has ended. */
export interface Http2Fetch {
  readonly fetch: typeof fetch;
  /** How many requests were sent. */
  readonly requests: number;
  close(): void;
}

/**
 * For the client library in Node, whose own `fetch` speaks HTTP/1.1 only; undici's opens another connection for a POST while a stream
 * is open. Knows what the library uses: text bodies, and answers that are streamed or text.
 *
 * @param origin where all requests go; certificates are not checked
 */
export function createHttp2Fetch(origin: string): Http2Fetch {
  let session: ClientHttp2Session | undefined;
  let requests = 0;

  function current(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect(origin, { rejectUnauthorized: false });
    // Each stream fails with it, which is how requests learn of it.
    opened.on('error', () => undefined);
    session = opened;
    return opened;
  }

  async function http2Fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const { method = 'GET', body, headers, signal } = init;
    signal?.throwIfAborted();
    const { pathname, search } = new URL(String(input));
    const stream = current().request({
      ':method': method,
      ':path': pathname + search,
      ...Object.fromEntries(new Headers(headers)),
    });
    requests++;
    if (body !== undefined && body !== null) stream.end(String(body));
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', cancel, { once: true });
    stream.on('close', () => signal?.removeEventListener('abort', cancel));
    return answerOf(stream, () => signal?.reason ?? new TypeError('fetch failed: the connection was lost'));
  }

  return {
    fetch: http2Fetch as typeof fetch,
    get requests() {
      return requests;
    },
    close: () => session?.destroy(),
  };
}

/** @param whyEnded the error of an answer that is not complete */
function answerOf(stream: ClientHttp2Stream, whyEnded: () => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    // What failed is told by `close`, which comes in any case.
    stream.on('error', () => undefined);
    stream.on('close', () => reject(whyEnded()));
    stream.on('response', ({ ':status': status = 0, ...fields }) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(fields)) if (!name.startsWith(':')) headers.set(name, String(value));
      resolve(new Response(bodyOf(stream, whyEnded), { status, headers }));
    });
  });
}

function bodyOf(stream: ClientHttp2Stream, whyEnded: () => unknown): ReadableStream<Uint8Array> {
  let isCancelled = false;
  return new ReadableStream({
    start(controller) {
      stream.on('data', (bytes: Buffer) => {
        if (!isCancelled) controller.enqueue(bytes);
      });
      // Where it breaks, Node ends the stream as if it were complete. Its code says whether it was.
      stream.on('close', () => {
        if (isCancelled) return;
        if (stream.rstCode === constants.NGHTTP2_NO_ERROR) controller.close();
        else controller.error(whyEnded());
      });
    },
    cancel() {
      isCancelled = true;
      stream.close(constants.NGHTTP2_CANCEL);
    },
  });
}
