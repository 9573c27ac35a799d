import { type ChannelPosition, type Cursor, formatCursor, formatPosition } from '../../../packages/protocol/cursor.ts';
import { idLine } from '../sse-encoding.ts';

/** Shared by all streams that no longer need a cursor. */
const NOWHERE: Map<string, ChannelPosition> = new Map();

/** Which positions the id of an event contains: those of all channels of the stream, or that of its own channel. */
export type Ids = 'all' | 'own';

/** The position of a stream's client in each of its channels. */
export class StreamCursor {
  readonly channels: readonly string[];
  readonly #ids: Ids;
  #positions: Map<string, ChannelPosition>;

  constructor(channels: readonly string[], start: Cursor | undefined, ids: Ids = 'all') {
    this.channels = channels;
    this.#ids = ids;
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

  /** The positions in all channels. */
  format(): string {
    return formatCursor(this.channels, this.#positions);
  }

  /** The id of the next frame, whose event is of `channel`. */
  idFor(channel: string): string {
    const position = this.#positions.get(channel);
    if (this.#ids === 'all' || position === undefined) return this.format();
    return this.channels.length === 1 ? formatPosition(position) : `${channel}=${formatPosition(position)}`;
  }

  /**
   * A whole frame. Once the client has it, the client's position in the channel is `position`. The frame's id
   * may also contain the positions in the other channels, so create it right before it is written.
   */
  frame(channel: string, position: ChannelPosition, body: string): string {
    this.set(channel, position);
    return idLine(this.idFor(channel)) + body;
  }
}
