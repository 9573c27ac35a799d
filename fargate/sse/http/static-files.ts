import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { Reply } from './reply.ts';

/** Answers a path; undefined if there is no such file. */
export type StaticFiles = (path: string, ifNoneMatch: string | undefined) => Reply | undefined;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Reads a small site into memory, so that no request ever opens a file. `/` is its `index.html`.
 * @param directory may be missing; there are no files then
 */
export function loadStaticFiles(directory: string): StaticFiles {
  const files = new Map<string, Reply>();
  const entries = existsSync(directory) ? readdirSync(directory, { recursive: true, withFileTypes: true }) : [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(directory, file).split(sep).join('/')}`;
    files.set(path, toReply(readFileSync(file), extname(file)));
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return (path, ifNoneMatch) => {
    const file = files.get(path);
    const isFresh = file !== undefined && ifNoneMatch === file.headers['ETag'];
    return isFresh ? { ...file, status: 304, body: '' } : file;
  };
}

function toReply(body: Buffer, extension: string): Reply {
  const etag = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return {
    status: 200,
    headers: {
      'Content-Type': MEDIA_TYPES[extension] ?? 'application/octet-stream',
      // A browser asks every time and usually gets 304, so no page mixes files of two deploys.
      'Cache-Control': 'no-cache',
      ETag: `"${etag}"`,
    },
    body,
  };
}
