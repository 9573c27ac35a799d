import { connect, type Socket } from 'node:net';

/** Where a client stopped, and what it has to have to be up to date. */
export interface Resumption {
  readonly channel: string;
  readonly epoch: string;
  readonly after: number;
  readonly upTo: number;
  readonly token: string;
}

/** Connected, and without the first byte of an answer yet: a kernel queues no more for a server that does not accept at once. */
const MOST_OPENING = 256;

/**
 * Thousands of clients that come back at once. They read lines and no HTTP: what is no line of an event means nothing to them, the
 * response's head and the sizes of chunks neither, which stand between whole frames. A real client for each would cost more than
 * the server does.
 */
export class ResumingStreams {
  readonly #port: number;
  readonly #waiting: Resumption[];
  readonly #sockets = new Set<Socket>();
  /** The newest seq of each stream, by channel. */
  readonly #positions = new Map<string, { seq: number }[]>();
  readonly #done = Promise.withResolvers<void>();
  #left: number;
  /** What went wrong, by what it was. */
  readonly failures = new Map<string, number>();

  constructor(port: number, resumptions: readonly Resumption[]) {
    this.#port = port;
    this.#waiting = resumptions.toReversed();
    this.#left = resumptions.length;
  }

  /** Resolves when every stream is up to date, or has failed. */
  get caughtUp(): Promise<void> {
    return this.#done.promise;
  }

  get left(): number {
    return this.#left;
  }

  start(): void {
    for (let opening = 0; opening < MOST_OPENING; opening++) this.#openNext();
  }

  /** Streams that lack something up to these seqs. */
  behind(seqs: ReadonlyMap<string, number>): number {
    let behind = 0;
    for (const [channel, positions] of this.#positions) {
      const newest = seqs.get(channel) ?? 0;
      behind += positions.filter(({ seq }) => seq < newest).length;
    }
    return behind;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #openNext(): void {
    const resumption = this.#waiting.pop();
    if (resumption !== undefined) this.#open(resumption);
  }

  #open({ channel, epoch, after, upTo, token }: Resumption): void {
    const position = { seq: after };
    const positions = this.#positions.get(channel) ?? [];
    this.#positions.set(channel, positions);
    positions.push(position);

    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    let answered = false;
    let over = false;
    let rest = '';
    let id = '';
    const answer = () => {
      if (answered) return;
      answered = true;
      this.#openNext();
    };
    const finish = () => {
      if (over) return;
      over = true;
      this.#left--;
      if (this.#left === 0) this.#done.resolve();
    };
    const fail = (what: string) => {
      this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
      socket.destroy();
      finish();
    };
    const take = (line: string) => {
      if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('event: reset')) fail('reset');
      else if (line.startsWith('data: ')) {
        position.seq++;
        if (id !== `${epoch}.${position.seq}`) fail('lost, repeated or out of order');
        else if (position.seq === upTo) finish();
      }
    };
    socket.on('data', (bytes: Buffer) => {
      if (!answered && bytes.toString('latin1', 9, 12) !== '200') fail(`answered ${bytes.toString('latin1', 9, 12)}`);
      answer();
      const lines = (rest + bytes.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      answer();
      if (!over) fail('cut');
    });
    socket.write(
      `GET /v1/events?channel=${channel} HTTP/1.1\r\nHost: bench.invalid\r\nAccept: text/event-stream\r\n` +
        `Authorization: Bearer ${token}\r\nLast-Event-ID: ${epoch}.${after}\r\n\r\n`,
    );
  }
}
