/**
 * Run as a process of its own: uses a connection in every way, closes it, and must end by itself.
 * Arguments: URL, WebSocket URL, transport.
 */
import { connect, type Transport } from '../../src/index.ts';
import { presence, present } from '../../src/presence/index.ts';

const [url = '', websocketUrl = '', transport = 'auto'] = process.argv.slice(2);

const connection = connect({ url, websocketUrl, transport: transport as Transport, bufferLimit: 1 });
const subscription = connection.subscribe('orders');
await subscription.ready;
await connection.publish('orders', { data: 'e 1' });
for await (const _ of subscription) break;
const [paused, abandoned] = [connection.subscribe('orders', { after: subscription.cursor }), connection.subscribe('orders')];
await abandoned.ready;
await connection.publish('orders', { data: 'e 2' });
while (paused.status.status !== 'paused') await new Promise((resolve) => setTimeout(resolve, 5));
// Left after its first page, as a page leaves it whose user scrolls no further.
await connection.history('orders').next();
const room = connection.subscribe('room');
await Promise.all([presence(room).ready, present(room).ready]);
const abort = new AbortController();
const hopeless = connect({
  url: 'http://127.0.0.1:9',
  websocketUrl: 'ws://127.0.0.1:9',
  transport: transport as Transport,
  signal: abort.signal,
});
const waiting = hopeless.subscribe('orders');
while (waiting.status.status !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 5));
const unpublished = hopeless.publish('orders', { data: 'never' }).catch((error) => error.code);
const unread = hopeless
  .history('orders')
  .next()
  .catch(() => {});
abort.abort();
connection.close();
await unread;
console.log(await unpublished);
// A remaining timer would keep the process alive for as long as it runs.
console.log(`timers left: ${process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length}`);
