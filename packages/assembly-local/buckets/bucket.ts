import { extname } from 'node:path';

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
}

export interface Bucket {
  readonly name: string;
  /** The host name by which origins refer to it. */
  readonly host: string;
  /** Objects by key. */
  readonly objects: Map<string, StoredObject>;
}

/** The media types that the AWS CLI guesses from file names; `BucketDeployment` copies with that CLI. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

export function mediaTypeOf(key: string): string {
  return MEDIA_TYPES[extname(key)] ?? 'binary/octet-stream';
}
