import { SSE_PATHS } from '../../../fargate/sse/contract.ts';
import { imageFlags } from '../task/image-flags.ts';
import { cCeiling } from './c-ceiling.ts';
import { nchan } from './nchan.ts';
import { nodePeer } from './node-peer.ts';
import type { Peer } from './peer.ts';

const LANES = { script: 'lanes.ts', flags: imageFlags() };

/** What everything is compared with. */
export const ours: Peer = nodePeer({
  id: 'ours',
  name: 'ours',
  ...LANES,
  subscribePath: `${SSE_PATHS.events}?channel=a`,
});

/** Our streams when each is over four channels: they have ids of their own, and so share no encoded bytes. */
export const oursFourChannels: Peer = nodePeer({
  id: 'ours-4',
  name: 'ours, 4 channels a stream',
  ...LANES,
  subscribePath: `${SSE_PATHS.events}?${['a', 'b', 'c', 'd'].map((channel) => `channel=${channel}`).join('&')}`,
});

export const betterSse: Peer = nodePeer({ id: 'better-sse', name: 'better-sse', script: 'better-sse.ts' });

export const nodeHttp: Peer = nodePeer({ id: 'node-http', name: 'node:http, res.write', script: 'node-http.ts' });

export const ws: Peer = nodePeer({ id: 'ws', name: 'ws, frame built once', script: 'ws.ts', protocol: 'websocket', subscribePath: '/' });

export { cCeiling, nchan };

/** Ours first: the others are shown as ratios to it. */
export const PEERS: readonly Peer[] = [ours, oursFourChannels, nchan, betterSse, nodeHttp, cCeiling, ws];
