import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import type { SimulatedTime } from './simulation.ts';

export interface Heard extends ChannelPosition {
  readonly data: string;
}

/** What a consumer heard of a channel between two resets. */
export interface Segment {
  /** Everything behind it is promised. */
  readonly start: ChannelPosition;
  /** When the server said so. */
  readonly since: SimulatedTime;
  /** `cursor`: the consumer itself said where to start. */
  readonly from: 'cursor' | 'baseline' | ResetReason;
  readonly heard: Heard[];
}

/** What one consumer heard of one channel, through all its connections. */
export class History {
  readonly consumer: string;
  readonly channel: string;
  readonly segments: Segment[] = [];

  constructor(consumer: string, channel: string) {
    this.consumer = consumer;
    this.channel = channel;
  }

  get hasBegun(): boolean {
    return this.segments.length > 0;
  }

  begin(from: Segment['from'], start: ChannelPosition, since: SimulatedTime): void {
    this.segments.push({ from, start, since, heard: [] });
  }

  hear(event: Heard): void {
    const current = this.segments.at(-1);
    if (current === undefined) throw new Error(`${this.consumer} got ${event.data} of ${this.channel} before it was told where it starts`);
    current.heard.push(event);
  }
}
