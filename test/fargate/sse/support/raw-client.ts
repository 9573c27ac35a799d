import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

/** A client that writes its bytes itself, and keeps what it hears. */
export class RawClient {
  readonly socket: Socket;
  heard = '';
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.heard += text;
    });
    socket.on('error', () => {});
    socket.on('end', () => {
      this.#ended = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Status codes of the answers so far. A stream is one of them. */
  get statuses(): readonly number[] {
    return [...this.heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  send(...lines: readonly string[]): this {
    this.socket.write(lines.join('\r\n'));
    return this;
  }

  async hears(text: string): Promise<void> {
    await until(() => this.heard.includes(text));
  }

  /** Until the server has closed the connection. */
  async isClosed(): Promise<void> {
    await until(() => this.#ended || this.socket.closed);
  }

  close(): void {
    this.socket.destroy();
  }
}
