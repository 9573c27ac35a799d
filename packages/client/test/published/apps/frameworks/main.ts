import { createTestLanes, type TestLanes } from '@realtime-lanes/client/testing';
import { get } from 'svelte/store';
import { effectScope } from 'vue';
import { channelStore } from './svelte.ts';
import { useChannel } from './vue.ts';

/** Each prints what it shows of two events, and how many read the channel while it does and afterwards. */
type Try = (lanes: TestLanes, use: (texts: () => readonly string[]) => Promise<void>) => Promise<void>;

const vue: Try = async (lanes, use) => {
  const scope = effectScope();
  const feed = scope.run(() => useChannel(lanes.connect(), 'orders'));
  await use(() => feed?.events.value.map(({ data }) => data) ?? []);
  if (feed?.status.value !== 'live') throw new Error(`the status is ${feed?.status.value}`);
  scope.stop();
};

const svelte: Try = async (lanes, use) => {
  const orders = channelStore(lanes.connect(), 'orders');
  const leave = orders.subscribe(() => {});
  await use(() => get(orders).map(({ data }) => data));
  leave();
};

const dom: Try = async (lanes, use) => {
  const { JSDOM } = await import('jsdom');
  const { window } = new JSDOM('<lanes-feed channel="orders"></lanes-feed>');
  const { customElements, document, HTMLElement } = window;
  const connection = lanes.connect();
  Object.assign(globalThis, { customElements, document, HTMLElement });
  const { defineFeed } = await import('./dom.ts');
  defineFeed(connection);
  const feed = document.querySelector('lanes-feed') as HTMLElement;
  await use(() => [...feed.children].map(({ textContent }) => textContent ?? ''));
  feed.remove();
};

for (const [name, attempt] of Object.entries({ vue, svelte, dom })) {
  const lanes = createTestLanes();
  let line = name;
  const note = (text: string | number) => {
    line += ` ${text}`;
  };
  await attempt(lanes, async (texts) => {
    while (lanes.readers('orders') === 0) await new Promise((resolve) => setTimeout(resolve));
    await lanes.publish('orders', { data: 'one' });
    await lanes.publish('orders', { data: 'two' });
    note(texts().join());
    note(lanes.readers('orders'));
  });
  note(lanes.readers('orders'));
  console.log(line);
  lanes.close();
}

// On a server nothing is sent, and nothing is shown.
const onServer = effectScope().run(() => useChannel(undefined, 'orders'));
console.log('server', onServer?.events.value.length, get(channelStore(undefined, 'orders')).length);
