/**
 * Takes the chunked transfer coding apart, as strictly as RFC 9112 (7.1) writes it: no extensions, no leading zeros, nothing
 * behind the last chunk. It is not the code under test.
 */
export class ChunkReader {
  /** Whether the last chunk has come. */
  ended = false;
  readonly chunks: string[] = [];
  #rest = '';

  /** @param text latin1, so that a character is a byte */
  feed(text: string): this {
    this.#rest += text;
    while (this.#takeChunk());
    if (this.ended && this.#rest !== '') throw new Error(`there is more behind the last chunk: ${JSON.stringify(this.#rest)}`);
    return this;
  }

  /** Whether it stands between two chunks. */
  get isWhole(): boolean {
    return this.#rest === '';
  }

  get text(): string {
    return Buffer.from(this.chunks.join(''), 'latin1').toString();
  }

  #takeChunk(): boolean {
    if (this.ended || this.#rest === '') return false;
    const headEnd = this.#rest.indexOf('\r\n');
    if (headEnd < 0) return false;
    const head = this.#rest.slice(0, headEnd);
    if (!/^(0|[1-9a-f][0-9a-f]*)$/.test(head)) throw new Error(`${JSON.stringify(head)} is no length of a chunk`);
    const start = headEnd + 2;
    const end = start + Number.parseInt(head, 16);
    if (this.#rest.length < end + 2) return false;
    if (this.#rest.slice(end, end + 2) !== '\r\n') throw new Error('a chunk is longer than it says');
    if (end === start) this.ended = true;
    else this.chunks.push(this.#rest.slice(start, end));
    this.#rest = this.#rest.slice(end + 2);
    return true;
  }
}

/** What whole chunks hold. @throws Error where they are not whole */
export function textOfChunks(bytes: Buffer): string {
  const reader = new ChunkReader().feed(bytes.toString('latin1'));
  if (!reader.isWhole || reader.ended) throw new Error('these are not whole chunks of a stream that goes on');
  return reader.text;
}
