import type { Lane, Owner } from './regions.ts';
import { stays } from './regions.ts';

/**
 * Which files go with a lane, by their path or the folder that they lie in; the longest that fits counts. What is named nowhere
 * belongs to nobody and stays, as what is `shared` does beside files that go. Parts of files that stay are marked: see regions.ts.
 */
export const CLAIMS: Readonly<Record<string, Owner | 'shared'>> = {
  // The WebSocket lane.
  'lambda/websocket': 'websocket',
  'lib/websocket': 'websocket',
  'bench/fan-out': 'websocket',
  'test/bench/fan-out': 'websocket',
  'test/command-line/websocket': 'websocket',
  'test/e2e/websocket': 'websocket',
  'test/lambda/support/fan-out.ts': 'websocket',
  'test/lambda/support/socket.ts': 'websocket',
  'test/lambda/websocket': 'websocket',
  'test/lib/websocket': 'websocket',

  // The SSE lane, and the pages that it serves.
  'bench/hub': 'sse',
  'bench/noisy-neighbour': 'sse',
  'bench/noisy-neighbour.ts': 'sse',
  'bench/noisy-neighbour/frames': 'both',
  'bench/storm': 'sse',
  'bench/task': 'sse',
  'bench/measure': 'sse',
  'bench/measure/median.ts': 'shared',
  'bench/peers': 'sse',
  'bench/peers/c-program.ts': 'shared',
  'bench/peers/posts-endpoint.c': 'shared',
  'bench/peers/server-process.ts': 'shared',
  console: 'sse',
  fargate: 'sse',
  'lambda/sse': 'sse',
  'lib/edge/console-bucket.ts': 'sse',
  'lib/edge/console-files.ts': 'sse',
  'lib/private-bucket.ts': 'sse',
  'lib/sse': 'sse',
  'test/bench/hub': 'sse',
  'test/bench/peers': 'sse',
  'test/bench/peers/server-process.test.ts': 'shared',
  'test/bench/load/drive.test.ts': 'sse',
  'test/bench/load/sse-http2-lane.test.ts': 'sse',
  'test/bench/measure': 'sse',
  'test/bench/noisy-neighbour': 'sse',
  'test/bench/task': 'sse',
  'test/command-line/sse': 'sse',
  'test/console': 'sse',
  'test/console/browser.ts': 'shared',
  'test/e2e/sse': 'sse',
  'test/fargate': 'sse',
  'test/fuzz': 'sse',
  'test/fuzz/frame-target.ts': 'both',
  'test/lambda/sse': 'sse',
  'test/lib/sse': 'sse',

  // What compares the lanes, or moves clients from one to the other.
  'bench/chaos': 'both',
  'bench/main.ts': 'both',
  'bench/options.ts': 'both',
  'test/bench/chaos': 'both',
  'test/bench/options.test.ts': 'both',
  'test/command-line/both': 'both',
  'test/e2e/both': 'both',
  'test/model': 'both',
  'lib/stages/verify.ts': 'both',
  'local/program.ts': 'both',
  'test/lib/edge/edge-stack.test.ts': 'both',
  'test/local/program.test.ts': 'both',
  verify: 'both',
  'test/verify': 'both',

  // What makes a project of the template, and what is told of it.
  'CHANGELOG.md': 'template',
  'scripts/init': 'template',
  'test/command-line/template': 'template',
  'test/scripts/init': 'template',
};

/** Commands of package.json that go with files. */
export const SCRIPTS: Readonly<Record<string, Owner>> = {
  bench: 'both',
  'bench:fan-out': 'websocket',
  'bench:noisy': 'sse',
  'bench:storm': 'sse',
  chaos: 'both',
  fuzz: 'sse',
  init: 'template',
  'verify:deploy': 'both',
  'verify:image': 'both',
  'verify:init': 'template',
};

/** Whose a file is; undefined for what belongs to nobody. */
export function ownerOf(path: string): Owner | undefined {
  for (let part = path; part !== '.' && part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('/')))) {
    const owner = CLAIMS[part];
    if (owner !== undefined) return owner === 'shared' ? undefined : owner;
  }
  return undefined;
}

/** Whether a file stays in a project with these lanes. */
export function isKept(path: string, lanes: readonly Lane[]): boolean {
  const owner = ownerOf(path);
  return owner === undefined || stays(owner, lanes);
}
