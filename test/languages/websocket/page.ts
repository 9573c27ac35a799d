import type { LanePage } from '../lane-pages.ts';

export const page: LanePage = {
  lane: 'websocket',
  path: 'docs/websocket/languages.md',
  origin: 'wss://lanes.example.com/socket',
  // The frames that resume are masked, so the proxy cannot see them.
  target: ({ websocket }) => new URL(websocket),
};
