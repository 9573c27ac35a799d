import { extname } from 'node:path';

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
}

export interface Bucket {
  readonly name: string;
  /** By which origins name it. */
  readonly host: string;
  /** By key. */
  readonly objects: Map<string, StoredObject>;
}

/** What the AWS CLI guesses from a name, which is what a `BucketDeployment` copies with. */
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
