/**
 * Reads the headers of a client's WebSocket frames as they pass, because API Gateway limits the size of a
 * frame and the WebSocket library reports whole messages only.
 */
export class FrameSizeWatch {
  readonly #maxPayloadBytes: number;
  /** Payload bytes of the current frame that have not passed yet. */
  #remaining = 0;
  #header = Buffer.alloc(0);

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Takes the next bytes of the connection. False as soon as a frame announces more than the limit. */
  feed(chunk: Buffer): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, rest.length);
        this.#remaining -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const before = this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, MAX_HEADER_BYTES - before)]);
      const frame = readHeader(this.#header);
      if (frame === undefined) return true;
      if (frame.payloadBytes > this.#maxPayloadBytes) return false;
      this.#header = Buffer.alloc(0);
      this.#remaining = frame.payloadBytes;
      rest = rest.subarray(frame.headerBytes - before);
    }
    return true;
  }
}

/** Two bytes, eight of extended length, four of masking key. */
const MAX_HEADER_BYTES = 14;

/** RFC 6455 section 5.2. Undefined while the header is not complete. */
function readHeader(bytes: Buffer): { readonly headerBytes: number; readonly payloadBytes: number } | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const headerBytes = 2 + lengthBytes + ((second & 0x80) === 0 ? 0 : 4);
  if (bytes.length < headerBytes) return undefined;
  if (lengthBytes === 8) return { headerBytes, payloadBytes: Number(bytes.readBigUInt64BE(2)) };
  return { headerBytes, payloadBytes: lengthBytes === 2 ? bytes.readUInt16BE(2) : short };
}
