/**
 * The only part of undici used here. Its index loads everything else too (fetch, WebSocket, caches, mocks),
 * which makes a cold function load half as long again
 * (docs/decisions/0010-posts-signed-and-sent-by-ourselves.md).
 */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool as FullPool } from 'undici';

  /** Without the methods that the index adds: `request`, `fetch`, `stream` and so on. */
  type Pool = Pick<FullPool, 'dispatch' | 'close'>;
  const Pool: new (...args: ConstructorParameters<typeof FullPool>) => Pool;
  export default Pool;
}
