import type { Clock } from '../../../backbone/ports.ts';
import type { Shares } from '../budget/shares.ts';
import { idLine } from '../sse-encoding.ts';
import { OwnBytes, WRITE_BYTES } from './own-bytes.ts';
import type { CloseReason, Sink } from './sink.ts';
import type { Slab, SlabHolder } from './slab.ts';
import type { StreamCursor } from './stream-cursor.ts';

export interface StreamWriterOptions {
  readonly clock: Clock;
  /** Memory of pages and frames that belong to one client alone. */
  readonly memory: Shares;
}

/** The stream that the writer writes for. */
export interface WritingStream {
  /** There is room again. */
  wake(): void;
  close(reason: CloseReason): void;
}

/** How many bytes the id, and the chunk head around the frame, may grow from one event to the next. */
const MORE_DIGITS = 48;

/**
 * Writes one stream to its sink, and accounts for the memory of what its client has not taken: a slab of a
 * ring, or bytes that no other stream shares.
 */
export class StreamWriter implements SlabHolder {
  readonly #stream: WritingStream;
  readonly #sink: Sink;
  readonly #principal: string;
  readonly #options: StreamWriterOptions;
  /** Whether there is something to write of what the client has missed. */
  isMissedReady = false;
  #turnsOfOthers = 0;
  #turnTakenAt = -1;
  #wroteSinceTick = false;
  #blockedSinceMs: number | undefined;
  /** Exists while somebody waits for room. */
  #drained: PromiseWithResolvers<void> | undefined;
  /** Exists once something was written that no other stream shares. */
  #own: OwnBytes | undefined;
  /** The slab of a ring that the client has not taken all of. */
  #slab: Slab | undefined;

  constructor(stream: WritingStream, sink: Sink, principal: string, options: StreamWriterOptions) {
    this.#stream = stream;
    this.#sink = sink;
    this.#principal = principal;
    this.#options = options;
  }

  /** Bytes that the client has not taken. */
  get bufferedBytes(): number {
    return this.#sink.bufferedBytes;
  }

  /** True while there is no memory for writing what only this stream uses. */
  get isWaitingForMemory(): boolean {
    return this.#own?.isWaiting === true;
  }

  /** Writes what is small, or shared by all streams. */
  write(bytes: Buffer): void {
    this.#wroteSinceTick = true;
    this.#sink.write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#blockedSinceMs ??= this.#options.clock.nowMs();
  }

  /** Writes a slice of a ring. */
  writeShared(bytes: Buffer, slab: Slab): void {
    this.write(bytes);
    if (this.#sink.bufferedBytes === 0) return;
    this.#slab = slab;
    slab.hold(this);
  }

  /** Writes what no other stream shares. */
  writeOwn(bytes: Buffer): void {
    this.write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#ownBytes.hold(bytes.length);
    else this.#own?.release();
  }

  /** Writes what the client can do without: only if it has taken everything and memory is plentiful. */
  writeIfIdle(bytes: Buffer): boolean {
    if (this.#sink.bufferedBytes > 0 || !this.#options.memory.isPlenty(bytes.length)) return false;
    this.writeOwn(bytes);
    return true;
  }

  /**
   * How many bytes may be written that no other stream shares: at least one frame with `bodyBytes` after its
   * id. 0 if there is no memory for it; the stream is woken when there is.
   */
  ownRoom(bodyBytes: number, cursor: StreamCursor): number {
    const atLeast = Math.max(bodyBytes, WRITE_BYTES);
    if (this.#options.memory.isPlenty(atLeast)) return atLeast;
    return this.#ownBytes.room(idLine(cursor.format()).length + MORE_DIGITS + bodyBytes);
  }

  /**
   * How many bytes may be written that are not part of a ring, if one frame has up to `frameBytes`. 0 if there is no memory for it; the
   * stream is woken when there is.
   */
  room(frameBytes: number): number {
    return this.#options.memory.isPlenty(WRITE_BYTES) ? WRITE_BYTES : this.#ownBytes.room(frameBytes);
  }

  /**
   * Whether what can be written without an end, as the newest versions of keys, may be written now: if others wait for room, it takes
   * turns with them.
   */
  mayTakeTurn(): boolean {
    const isAwaited = this.isMissedReady || this.#drained !== undefined;
    if (isAwaited && this.#turnTakenAt === this.#turnsOfOthers) return false;
    this.#turnTakenAt = this.#turnsOfOthers;
    return true;
  }

  /** Something of what the client has missed was written. */
  noteMissedWritten(): void {
    this.#turnsOfOthers++;
  }

  /** Releases memory that was waited for, if it is not needed. */
  releaseSpare(): void {
    if (this.#sink.bufferedBytes === 0) this.#own?.release();
  }

  /**
   * The ring has dropped a slab that only slow clients still need. Its memory now counts against this client.
   */
  answerForSlab(bytes: number): void {
    const { memory } = this.#options;
    if (memory.heldBy(this.#principal) + bytes > memory.shareOf(this.#principal)) this.#stream.close('slow');
    else this.#ownBytes.hold(bytes);
  }

  /**
   * Resolves when the client has taken what was written before. Other channels write too, so pass `write` to
   * write at that very moment. Rejects when the stream ends.
   * @param isOver checked again after {@link wakeWaiting}; true means that waiting is pointless
   */
  async whenRoom(signal: AbortSignal, write?: () => void, isOver: () => boolean = () => false): Promise<void> {
    signal.throwIfAborted();
    while (!isOver() && (this.#sink.bufferedBytes > 0 || this.isWaitingForMemory)) {
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
      signal.throwIfAborted();
    }
    write?.();
  }

  wakeWaiting(): void {
    // Those who have something to write get their turn when they have written it.
    if (!this.isMissedReady) this.#turnsOfOthers++;
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Call it when the client may have taken what was written. */
  releaseTaken(): void {
    if (this.#sink.bufferedBytes > 0 || this.#blockedSinceMs === undefined) return;
    this.#blockedSinceMs = undefined;
    this.#releaseHeld();
  }

  /** For how long the client has taken nothing of what was written; undefined if it has taken everything. */
  blockedForMs(nowMs: number): number | undefined {
    return this.#blockedSinceMs === undefined ? undefined : nowMs - this.#blockedSinceMs;
  }

  /** Writes the heartbeat if nothing was written since the last call. */
  writeIfSilent(heartbeat: Buffer): void {
    if (!this.#wroteSinceTick) this.write(heartbeat);
    this.#wroteSinceTick = false;
  }

  /** The stream has ended. */
  end(reason: Error): void {
    this.#drained?.reject(reason);
    this.#releaseHeld();
    this.#own?.close();
  }

  get #ownBytes(): OwnBytes {
    this.#own ??= new OwnBytes({
      memory: this.#options.memory,
      principal: this.#principal,
      onRoom: () => this.#stream.wake(),
      onRevoked: () => {
        if (this.#sink.bufferedBytes > 0) this.#stream.close('slow');
      },
    });
    return this.#own;
  }

  #releaseHeld(): void {
    this.#own?.release();
    this.#slab?.release(this);
    this.#slab = undefined;
  }
}
