import { type ChannelPosition, type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import { idLine } from '../sse-encoding.ts';

/** Shared by all streams that no longer need a cursor. */
const NOWHERE: Map<string, ChannelPosition> = new Map();

/** The position of a stream's client in each of its channels. */
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

  /** From now on the ring's ordinals tell the client's position. */
  forget(): void {
    this.#positions = NOWHERE;
  }

  /** The cursor as the client gets it: the id of the stream's next frame. */
  format(): string {
    return formatCursor(this.channels, this.#positions);
  }

  /**
   * A whole frame. Once the client has it, the client's position in the channel is `position`. The frame's id
   * also contains the positions in the other channels, so create it right before it is written.
   */
  frame(channel: string, position: ChannelPosition, body: string): string {
    this.set(channel, position);
    return idLine(this.format()) + body;
  }
}
