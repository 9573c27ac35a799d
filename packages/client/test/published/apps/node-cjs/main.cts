import type { ChannelEvent } from '@realtime-lanes/client';

const { connect }: typeof import('@realtime-lanes/client') = require('@realtime-lanes/client');
const { presence }: typeof import('@realtime-lanes/client/presence') = require('@realtime-lanes/client/presence');

async function main(url: string): Promise<void> {
  const lanes = connect({ url });
  const orders = lanes.subscribe('orders');
  const here = presence(orders);
  await here.ready;
  console.log(`${here.count} present`);
  await lanes.publish('orders', { data: 'from CommonJS' });

  for await (const item of orders) {
    if (item.kind !== 'event') continue;
    const event: ChannelEvent = item;
    console.log(event.data);
    break;
  }
  lanes.close();
}

void main(process.argv[2] ?? '');
