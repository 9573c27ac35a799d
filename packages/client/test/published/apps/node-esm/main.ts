import { type ChannelEvent, connect, LanesError } from '@realtime-lanes/client';

const [url = ''] = process.argv.slice(2);
const lanes = connect({ url });
const orders = lanes.subscribe('orders');
await orders.ready;
await lanes.publish('orders', { data: 'from an ES module' });

for await (const item of orders) {
  if (item.kind === 'reset') continue;
  const event: ChannelEvent = item;
  console.log(event.data);
  break;
}
const refusal: unknown = await lanes.subscribe('forbidden').ready.catch((error: unknown) => error);
if (refusal instanceof LanesError) console.log(refusal.code);
lanes.close();
