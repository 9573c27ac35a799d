import { createHash } from 'node:crypto';
import * as v from 'valibot';

/** `BinaryValue` is base64, as in JSON. */
export const messageAttribute = v.strictObject({
  DataType: v.string(),
  StringValue: v.optional(v.string()),
  BinaryValue: v.optional(v.string()),
});

export const messageAttributes = v.record(v.string(), messageAttribute);

export type MessageAttributes = v.InferOutput<typeof messageAttributes>;

/** What counts against a message's size limit: its body, and the names, types and values of its attributes. */
export function messageBytes(body: string, attributes: MessageAttributes): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType) + valueBytes(StringValue, BinaryValue).length;
  }
  return bytes;
}

/**
 * The MD5 with which SDKs check attributes: length-prefixed name, type and value, sorted by name. Undefined
 * without attributes.
 */
export function attributesDigest(attributes: MessageAttributes): string | undefined {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const [name, { DataType, StringValue, BinaryValue }] of sorted) {
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    hash.update(Buffer.of(DataType.startsWith('Binary') ? 2 : 1));
    add(valueBytes(StringValue, BinaryValue));
  }
  return hash.digest('hex');
}

function valueBytes(text: string | undefined, base64: string | undefined): Buffer {
  return text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text);
}
