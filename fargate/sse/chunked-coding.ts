/**
 * The chunked transfer coding of HTTP/1.1 (RFC 9112, 7.1). It lets a client tell a stream that the server has
 * ended from one that broke: only the first ends with the last chunk.
 */

/** Follows the bytes of every chunk. */
export const CHUNK_END = '\r\n';

/** Ends a stream. */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n');

const CR = 0x0d;
const LF = 0x0a;

/** What precedes the bytes of a chunk, of which there must be at least one. */
export function chunkHead(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/**
 * Writes what follows the bytes of a chunk.
 * @returns where the chunk ends
 */
export function endChunk(bytes: Buffer, at: number): number {
  bytes[at] = CR;
  bytes[at + 1] = LF;
  return at + CHUNK_END.length;
}

/** @param text not empty: an empty chunk would end the stream */
export function toChunk(text: string): Buffer {
  return Buffer.from(chunkHead(Buffer.byteLength(text)) + text + CHUNK_END);
}

/** Joins the parts into one chunk. At least one of them must not be empty. */
export function chunkOf(parts: readonly Buffer[]): Buffer {
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from(chunkHead(bytes), 'latin1'), ...parts, Buffer.from(CHUNK_END, 'latin1')]);
}

/** The content of whole chunks, copied, for HTTP/1.0 clients, which do not know chunks. */
export function withoutChunks(chunks: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < chunks.length; ) {
    const headEnd = chunks.indexOf(CR, at);
    const start = headEnd + CHUNK_END.length;
    const end = start + Number.parseInt(chunks.toString('latin1', at, headEnd), 16);
    parts.push(chunks.subarray(start, end));
    at = end + CHUNK_END.length;
  }
  return Buffer.concat(parts);
}
