/**
 * Run as a process of its own, whose warnings the test reads: many subscriptions and publications that share a signal and
 * wait for the same things. Arguments: URL, WebSocket URL, transport.
 */
import { connect, type Transport } from '../../src/index.ts';

const [url = '', websocketUrl = '', transport = 'auto'] = process.argv.slice(2);
const { signal } = new AbortController();
const numbers = Array.from({ length: 25 }, (_, n) => n);

async function use(options: { readonly url: string; readonly websocketUrl: string }, status: string): Promise<void> {
  const connection = connect({ ...options, transport: transport as Transport, signal });
  const subscriptions = numbers.map((n) => connection.subscribe(`orders.${n}`, { signal }));
  const publications = numbers.map((n) => connection.publish(`orders.${n}`, { data: 'e' }, { signal }));
  while (subscriptions.some((subscription) => subscription.status.status !== status))
    await new Promise((resolve) => setTimeout(resolve, 5));
  connection.retryNow();
  connection.close();
  await Promise.allSettled(publications);
}

await use({ url, websocketUrl }, 'live');
await use({ url: 'http://127.0.0.1:9', websocketUrl: 'ws://127.0.0.1:9' }, 'waiting');
