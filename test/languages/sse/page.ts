import type { LanePage } from '../lane-pages.ts';

export const page: LanePage = {
  lane: 'sse',
  path: 'docs/sse/languages.md',
  origin: 'https://lanes.example.com',
  target: ({ http }) => new URL(http),
  resumption: /^last-event-id: \S+\r$/im,
};
