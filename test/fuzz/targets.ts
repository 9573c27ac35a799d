import { cursorTarget } from './cursor-target.ts';
import { frameTarget } from './frame-target.ts';
import { httpTarget } from './http-target.ts';
import { notificationTarget } from './notification-target.ts';
import { streamTarget } from './stream-target.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [
  // lane: sse
  httpTarget,
  notificationTarget,
  streamTarget,
  // end lane
  // lane: websocket
  frameTarget,
  // end lane
  cursorTarget,
];
