import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';
import { type Followed, PRESENCE, type PresenceVisitor } from '../support/presence.ts';
import { serviceOf } from './support/service.ts';

const VISITORS = 12;

let world: InProcessRun;
const visitors: PresenceVisitor[] = [];

beforeAll(async () => {
  world = await startInProcess({ tasks: 2 });
}, 60_000);

afterAll(async () => {
  for (const visitor of visitors) visitor.close();
  await world.run.close();
}, 30_000);

test('the members of a killed task are gone within its lease, and those of the other stay', async () => {
  const service = serviceOf(world.run);
  const channel = freshChannel('killed');
  const token = (subject: string) => world.run.issuer.issue({ subscribe: ['*'], publish: [], subject });
  for (let at = 0; at < VISITORS; at++) {
    const visitor = await PRESENCE['sse']?.enter(world.run, token(`user-${at}`), channel, '');
    if (visitor !== undefined) visitors.push(visitor);
  }
  const followed: Followed[] = [];
  const follow = async () => {
    const one = await PRESENCE['sse']?.follow(world.run, token('follower'), channel);
    if (one === undefined) return;
    followed.push(one);
    visitors.push(one);
  };
  await Promise.all(Array.from({ length: 8 }, follow));
  await until('all are seen', () => followed.every(({ count }) => count === VISITORS));
  const [task] = service.tasks;
  if (task === undefined) throw new Error('the service has no task');
  const killedAtMs = Date.now();
  await service.kill(task.id);
  // The visitors of the killed task do not come back; its followers have lost their stream.
  const counts = () => followed.map(({ count = 0 }) => count);
  await until('members are gone', () => counts().some((count) => count < VISITORS), 60_000);
  const left = Math.min(...counts());
  expect(left).toBeGreaterThan(0);
  console.info(`${VISITORS - left} of ${VISITORS} members were gone ${Date.now() - killedAtMs} ms after their task was killed`);
}, 120_000);
