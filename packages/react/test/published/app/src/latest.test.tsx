import { useChannel } from '@realtime-lanes/react';
import { act } from '@testing-library/react';
import * as React from 'react';
import { expect, test } from 'vitest';
import { lanes, show, until, untilReaders, useIt } from './setup.tsx';

const CHANNEL = 'latest.prices';

function put(conflationKey: string, data?: string) {
  return act(() => lanes.publish(CHANNEL, data === undefined ? { conflationKey, removed: true } : { conflationKey, data }));
}

const pairs = ({ latest }: ReturnType<typeof useChannel>) => [...latest].map(([key, { data }]) => `${key}=${data}`);

test('the newest item of each key is there, and a removed one is not', async () => {
  await put('a', '1');
  await put('b', '1');
  const { result } = await useIt(() => useChannel(CHANNEL), {});
  await until(() => result.current.status === 'live');
  expect(pairs(result.current)).toEqual(['a=1', 'b=1']);
  await put('b', '2');
  await put('a');
  await put('c', '1');
  expect(pairs(result.current)).toEqual(['b=2', 'c=1']);
  expect(result.current.latest.get('b')).toMatchObject({ kind: 'latest', channel: CHANNEL, type: 'message' });
  expect([result.current.events, result.current.hasOlder]).toEqual([[], false]);
});

test('keyOf has no say on a latest channel', async () => {
  await put('a', '1');
  const { result } = await useIt(() => useChannel(CHANNEL, { keyOf: () => 'other' }), {});
  await until(() => result.current.latest.size > 0);
  expect(pairs(result.current)).toEqual(['a=1']);
});

/** React 18 has none. */
const { Activity } = React as { readonly Activity?: (props: { mode: 'hidden' | 'visible'; children: React.ReactNode }) => React.ReactNode };

function Prices() {
  return <p>{pairs(useChannel(CHANNEL)).join()}</p>;
}

test.skipIf(Activity === undefined)('what was removed while React hid the component is gone when it is shown again', async () => {
  const tree = (mode: 'hidden' | 'visible') =>
    Activity && (
      <Activity mode={mode}>
        <Prices />
      </Activity>
    );
  await put('a', '1');
  await put('b', '1');
  const view = await show(tree('visible'));
  await until(() => view.container.textContent === 'a=1,b=1');
  view.rerender(tree('hidden'));
  await untilReaders(0);
  await put('a');
  view.rerender(tree('visible'));
  await until(() => view.container.textContent === 'b=1');
});
