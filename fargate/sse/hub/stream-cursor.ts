import { type ChannelPosition, type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import { idLine } from '../sse-encoding.ts';

/** Shared by all streams that need no cursor any more. */
const NOWHERE: Map<string, ChannelPosition> = new Map();

/** Where the client of a stream stands in each of its channels. */
export class StreamCursor {
  readonly channels: readonly string[];
  #positions: Map<string, ChannelPosition>;

  constructor(channels: readonly string[], start: Cursor | undefined) {
    this.channels = channels;
    this.#positions = new Map(start);
  }

  get(channel: string): ChannelPosition | undefined {
    return this.#positions.get(channel);
  }

  set(channel: string, position: ChannelPosition): void {
    this.#positions.set(channel, position);
  }

  /** The ring's ordinals say where the client stands from now on. */
  forget(): void {
    this.#positions = NOWHERE;
  }

  /** As the client gets it: the id of the stream's next frame. */
  format(): string {
    return formatCursor(this.channels, this.#positions);
  }

  /**
   * A whole frame; the client stands at `position` of the channel once it has it. Its id says where the client stands in
   * the other channels too, so it is made when it is written and not before.
   */
  frame(channel: string, position: ChannelPosition, body: string): string {
    this.set(channel, position);
    return idLine(this.format()) + body;
  }
}
