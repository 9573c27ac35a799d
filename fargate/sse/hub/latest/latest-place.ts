import { StateTag } from '../../../../packages/protocol/state-tag.ts';
import { formatVersion } from '../../../../packages/protocol/version.ts';
import { chunkOf } from '../../chunked-coding.ts';
import type { LatestBatch, LatestFeed } from './latest-feed.ts';
import { snapshotFrame } from './latest-frames.ts';
import type { Slot } from './latest-state.ts';

/** A snapshot that a stream is in the middle of. */
interface Snapshot {
  readonly slots: Iterator<Slot>;
  /** What did not fit into the last write. */
  pending: Slot | undefined;
  /** Of what the stream has got. It may have changed since then: those changes follow. */
  readonly tag: StateTag;
  keys: number;
  /** What changes after this ordinal follows the snapshot. */
  readonly from: number;
}

/** One stream's place in one `latest` channel: it has everything up to an ordinal, or is in the middle of a snapshot. */
export class LatestPlace {
  readonly feed: LatestFeed;
  #next = 0;
  #snapshot: Snapshot | undefined;
  /** Written next, whatever else there is. */
  #notice: Buffer | undefined;
  #hasBegun = false;

  constructor(feed: LatestFeed) {
    this.feed = feed;
  }

  /** @param tag the state that the client holds already */
  begin(tag: string | undefined): void {
    const { channel, state } = this.feed;
    this.#hasBegun = true;
    const current = state.takeTag();
    if (tag !== current) {
      this.#beginSnapshot();
      return;
    }
    this.#next = state.ordinal;
    this.#notice = snapshotFrame({ channel, keys: state.keys, state: current, unchanged: true });
  }

  /** What the client lacks, at most about `room` bytes and at least one entry; undefined if it lacks nothing. */
  take(room: number): LatestBatch | undefined {
    const notice = this.#notice;
    if (notice !== undefined) {
      this.#notice = undefined;
      return { bytes: chunkOf([notice]), entries: 0 };
    }
    if (!this.#hasBegun) return undefined;
    if (this.#snapshot !== undefined) return this.#takeSnapshot(this.#snapshot, room);
    if (this.#next < this.feed.state.floor) {
      this.#beginSnapshot();
      return this.take(room);
    }
    const batch = this.feed.batchAfter(this.#next, room);
    if (batch !== undefined) this.#next = batch.next;
    return batch;
  }

  #beginSnapshot(): void {
    const { state } = this.feed;
    this.#snapshot = { slots: state.held(), pending: undefined, tag: new StateTag(), keys: 0, from: state.ordinal };
  }

  #takeSnapshot(snapshot: Snapshot, room: number): LatestBatch {
    const parts: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const slot = snapshot.pending ?? snapshot.slots.next().value;
      snapshot.pending = undefined;
      if (slot === undefined) break;
      const frame = slot.frame();
      if (parts.length > 0 && bytes + frame.length > room) {
        snapshot.pending = slot;
        return { bytes: chunkOf(parts), entries: parts.length };
      }
      parts.push(frame);
      bytes += frame.length;
      snapshot.tag.toggle(slot.event.key, formatVersion(slot.event.version));
      snapshot.keys++;
    }
    this.#snapshot = undefined;
    this.#next = snapshot.from;
    const end = snapshotFrame({ channel: this.feed.channel, keys: snapshot.keys, state: snapshot.tag.toString() });
    return { bytes: chunkOf([...parts, end]), entries: parts.length };
  }
}
