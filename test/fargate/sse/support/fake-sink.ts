import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { CloseReason, Sink } from '../../../../fargate/sse/hub/sink.ts';
import type { Stream } from '../../../../fargate/sse/hub/stream.ts';
import { textOfChunks } from './chunks.ts';

/** A client without a socket. It takes everything at once, unless it is blocked. */
export class FakeSink implements Sink {
  readonly writes: Buffer[] = [];
  closedFor: CloseReason | undefined;
  bufferedBytes = 0;
  #blocked = false;

  write(bytes: Buffer): void {
    if (this.bufferedBytes > 0) throw new Error('the hub wrote although the client has not taken what it got');
    this.writes.push(bytes);
    if (this.#blocked) this.bufferedBytes += bytes.length;
  }

  close(reason: CloseReason): void {
    if (this.closedFor !== undefined) throw new Error('closed twice');
    this.closedFor = reason;
  }

  /** From now on the client takes nothing. */
  block(): void {
    this.#blocked = true;
  }

  /** The client takes what is there and all that comes. */
  unblock(stream: Stream): void {
    this.#blocked = false;
    this.takeOne(stream);
  }

  /** The client takes what is there, and blocks again at the next write if it was blocked. */
  takeOne(stream: Stream): void {
    this.bufferedBytes = 0;
    stream.wake();
  }

  get text(): string {
    return textOfChunks(Buffer.concat(this.writes));
  }

  get events(): readonly EventSourceMessage[] {
    return parseStream(this.text);
  }

  get data(): readonly string[] {
    return this.events.map(({ data }) => data);
  }
}

export function parseStream(text: string): readonly EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(text);
  return events;
}
