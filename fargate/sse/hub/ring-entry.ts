import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { type ChannelPosition, formatPosition } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import { CHUNK_END, chunkHead, endChunk } from '../chunked-coding.ts';
import { eventBody, idLine, resetBody } from '../sse-encoding.ts';
import { eventMemory } from './event-memory.ts';
import type { Slab } from './slab.ts';

/** An event, or the announcement that a new epoch begins here. */
export interface RingEntry {
  /** Where a reader stands that has this entry. */
  readonly position: ChannelPosition;
  readonly content: { readonly kind: 'event'; readonly event: ChannelEvent } | { readonly kind: 'reset'; readonly reason: ResetReason };
  readonly slab: Slab;
  /** Where its chunk begins. */
  readonly start: number;
  /** Behind the id line. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Behind its chunk. */
  readonly end: number;
  /** Bytes appended to the ring before it; below zero for what was put in below. */
  readonly offset: number;
}

/** An entry before it has its place. */
export interface Frame {
  readonly position: ChannelPosition;
  readonly content: RingEntry['content'];
  /** The head of its chunk, and its id line. */
  readonly head: string;
  readonly body: string;
  /** Of its whole chunk. */
  readonly bytes: number;
  /** What the entry takes besides them. */
  readonly memoryBytes: number;
}

export function eventFrame(event: ChannelEvent): Frame {
  return frameOf(event, { kind: 'event', event }, eventBody(event));
}

export function resetFrame(channel: string, position: ChannelPosition, reason: ResetReason): Frame {
  return frameOf(position, { kind: 'reset', reason }, resetBody({ channel, reason }));
}

function frameOf(position: ChannelPosition, content: RingEntry['content'], body: string): Frame {
  const id = idLine(formatPosition(position));
  const frameBytes = id.length + Buffer.byteLength(body);
  const opening = chunkHead(frameBytes);
  const bytes = opening.length + frameBytes + CHUNK_END.length;
  return { position, content, head: opening + id, body, bytes, memoryBytes: memoryOf(content) };
}

export function memoryOf(content: RingEntry['content']): number {
  return content.kind === 'event' ? eventMemory(content.event) : 0;
}

export function totalBytes(frames: readonly Frame[]): number {
  return frames.reduce((total, { bytes }) => total + bytes, 0);
}

/** Encodes a frame behind what the slab holds already. */
export function encode({ position, content, head, body }: Frame, slab: Slab, offset: number): RingEntry {
  const start = slab.used;
  const bodyStart = start + slab.bytes.write(head, start, 'latin1');
  const bodyEnd = bodyStart + slab.bytes.write(body, bodyStart);
  const end = endChunk(slab.bytes, bodyEnd);
  slab.used = end;
  return { position, content, slab, start, bodyStart, bodyEnd, end, offset };
}
