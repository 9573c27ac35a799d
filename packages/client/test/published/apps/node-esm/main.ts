import { type ChannelEvent, connect, LanesError } from '@realtime-lanes/client';
import { type Presence, presence, present } from '@realtime-lanes/client/presence';

const [url = ''] = process.argv.slice(2);
const lanes = connect({ url });
const orders = lanes.subscribe('orders');
const here: Presence = presence(orders);
await Promise.all([here.ready, present(orders).ready]);
console.log(`${here.count} present`);
await lanes.publish('orders', { data: 'from an ES module' });

for await (const item of orders) {
  if (item.kind !== 'event') continue;
  const event: ChannelEvent = item;
  console.log(event.data);
  break;
}
const refusal: unknown = await lanes.subscribe('forbidden').ready.catch((error: unknown) => error);
if (refusal instanceof LanesError) console.log(refusal.code);
lanes.close();
