import type { Bucket } from '../buckets/bucket.ts';
import { answer, type ClientRequest, type ClientResponse } from './forward.ts';

const S3 = { server: 'AmazonS3' };

/** The response of a distribution to a request whose origin is a bucket. */
export function answerFile(
  { method = 'GET', url = '/' }: ClientRequest,
  response: ClientResponse,
  { bucket, rootObject }: { readonly bucket: Bucket; readonly rootObject: string },
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    answer(response, 403, S3);
    return;
  }
  const { pathname } = new URL(url, 'http://any');
  const file = bucket.objects.get(pathname === '/' ? rootObject : pathname.slice(1));
  if (file === undefined) {
    answer(response, 404, S3);
    return;
  }
  const { body, contentType, cacheControl } = file;
  answer(response, 200, { ...S3, 'content-type': contentType, ...(cacheControl && { 'cache-control': cacheControl }) }, body);
}
