import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ConnectionPoster } from '../../../../lambda/websocket/ports.ts';
import { createPoster, POSTERS } from '../../../websocket/fan-out/posters.ts';
import { Program } from '../../../websocket/fan-out/program.ts';
import type { StandInQuestion, StandInReply } from '../../../websocket/fan-out/stand-in-program.ts';

let standIn: Program<StandInQuestion, StandInReply>;
let endpoint: string;

beforeEach(async () => {
  standIn = new Program('stand-in-program.ts');
  ({ endpoint } = await standIn.ask({}));
}, 15_000);

afterEach(async () => {
  await standIn.stop();
});

const postAll = (poster: ConnectionPoster, ids: readonly string[]) => Promise.all(ids.map((id) => poster.post(id, 'frame')));

test.each(POSTERS)('%s reaches it, and every frame is counted', async (name) => {
  const outcomes = await postAll(createPoster(name, endpoint, 4), ['a=', 'b=', 'b=', 'c=']);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent', 'sent']);
  expect(await standIn.ask({})).toMatchObject({ reached: 3, doubled: 1, throttled: 0 });
});

test('a question starts anew', async () => {
  await postAll(createPoster('ours', endpoint, 4), ['a=', 'a=']);
  await standIn.ask({});
  expect(await standIn.ask({})).toMatchObject({ reached: 0, doubled: 0 });
});

test('posts above the burst are throttled until the bucket fills', async () => {
  await standIn.ask({ limit: { perSecond: 0.001, burst: 3 } });
  const outcomes = await postAll(createPoster('ours', endpoint, 1), ['a=', 'b=', 'c=', 'd=', 'e=']);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent', 'throttled', 'throttled']);
  expect(await standIn.ask({})).toMatchObject({ reached: 3, throttled: 2 });
});

test('a program that ends leaves no question open', async () => {
  const asked = new Program<StandInQuestion, StandInReply>('stand-in-program.ts');
  const answer = asked.ask({});
  const settled = expect(answer).rejects.toThrow(/stand-in-program.ts ended/);
  await asked.stop();
  await settled;
}, 15_000);
