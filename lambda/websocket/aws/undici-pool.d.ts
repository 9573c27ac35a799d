/**
 * The one part of undici that is used here. Its index loads everything else too (fetch, WebSocket, caches, mocks), which
 * takes a cold function half as long again to load (docs/decisions/0010-posts-signed-and-sent-by-ourselves.md).
 */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool as FullPool } from 'undici';

  /** Without the methods that the index adds: `request`, `fetch`, `stream` and their like. */
  type Pool = Pick<FullPool, 'dispatch' | 'close'>;
  const Pool: new (...args: ConstructorParameters<typeof FullPool>) => Pool;
  export default Pool;
}
