import { LanesProvider, useChannel, useConnection, useConnectionStatus } from '@realtime-lanes/react';
import { act, render, renderHook, screen } from '@testing-library/react';
import * as React from 'react';
import { expect, test, vi } from 'vitest';
import { Chat } from './chat.tsx';
import { connection, items, lanes, publish, show, until, untilReaders, useIt } from './setup.tsx';

const texts = (events: readonly { readonly data: string }[]) => events.map(({ data }) => data);

test('a component shows events in order; StrictMode leaves one stream, and unmounting none', async () => {
  const view = await show(<Chat room="chat" />);
  await publish('chat', 'one', 'two');
  expect(items()).toEqual(['one', 'two']);
  expect(screen.getByRole('status').textContent).toBe('live');
  expect(lanes.readers('chat')).toBe(1);
  view.unmount();
  await untilReaders(0);
});

test('StrictMode opens no second stream either', async () => {
  const subscribe = vi.spyOn(connection, 'subscribe');
  await show(<Chat room="chat" />);
  expect(subscribe).toHaveBeenCalledTimes(1);
});

test('only the newest events are kept', async () => {
  const { result } = await useIt(() => useChannel('chat', { limit: 2 }), {});
  await publish('chat', 'one', 'two', 'three');
  expect(texts(result.current.events)).toEqual(['two', 'three']);
});

test.each([0, 1.5, Number.NaN])('limit %d is refused', (limit) => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(() => renderHook(() => useChannel('chat', { limit }))).toThrow(`limit ${limit} is not valid`);
});

test('the newest event of each key is kept, also when it has left the list', async () => {
  const { result } = await useIt(
    () => useChannel('prices', { limit: 1, keyOf: ({ data }) => (data.startsWith('#') ? undefined : data.split('=')[0]) }),
    {},
  );
  await publish('prices', 'a=1', 'b=1', '# a comment', 'a=2');
  expect([...result.current.latest].map(([key, { data }]) => [key, data])).toEqual([
    ['a', 'a=2'],
    ['b', 'b=1'],
  ]);
  expect(texts(result.current.events)).toEqual(['a=2']);
});

test('events have their bytes', async () => {
  const { result } = await useIt(() => useChannel('chat'), {});
  await act(() => lanes.publish('chat', { data: Uint8Array.of(0, 255) }));
  expect(result.current.events[0]?.bytes).toEqual(Uint8Array.of(0, 255));
});

test('it begins after a cursor', async () => {
  const { id } = await lanes.publish('chat', { data: 'seen' });
  await lanes.publish('chat', { data: 'missed' });
  const { result } = await useIt(() => useChannel('chat', { after: id }), {});
  expect(texts(result.current.events)).toEqual(['missed']);
});

test('another channel begins anew, and the first one is left', async () => {
  const { result, rerender } = await useIt(({ room }) => useChannel(room), { room: 'one' });
  await publish('one', 'in one');
  rerender({ room: 'two' });
  expect(texts(result.current.events)).toEqual([]);
  await until(() => lanes.readers('two') === 1 && lanes.readers('one') === 0);
  await publish('one', 'nobody hears it');
  await publish('two', 'in two');
  expect(texts(result.current.events)).toEqual(['in two']);
});

test('a cut is shown, and what was missed comes afterwards', async () => {
  await show(<Chat room="chat" />);
  await publish('chat', 'before');
  await act(async () => lanes.disconnect());
  await until(() => screen.getByRole('status').textContent === 'the test lanes are disconnected');
  await publish('chat', 'missed');
  await act(async () => lanes.reconnect());
  await untilReaders(1);
  await publish('chat', 'after');
  expect(items()).toEqual(['before', 'missed', 'after']);
});

test('a reset is there as often as it happens, and events go on', async () => {
  const { result } = await useIt(() => useChannel('chat'), {});
  await publish('chat', 'before');
  expect(result.current.reset).toBeUndefined();
  await act(() => lanes.reset('chat'));
  const first = result.current.reset;
  expect(first).toMatchObject({ reason: 'epoch_changed' });
  await act(() => lanes.reset('chat'));
  expect(result.current.reset).not.toBe(first);
  await publish('chat', 'after');
  expect(texts(result.current.events)).toEqual(['before', 'after']);
});

test('a channel that cannot exist is closed with the error, and does not count for the connection', async () => {
  const { result } = await useIt(() => ({ feed: useChannel('a b'), all: useConnectionStatus() }), {}, 0);
  const { feed, all } = result.current;
  expect([feed.status, feed.error?.code, all.status]).toEqual(['closed', 'invalid_channel', 'idle']);
});

test('a connection that was closed is an error of the component', async () => {
  const { result } = await useIt(() => useChannel('chat'), {});
  await act(async () => connection.close());
  expect(result.current.status).toBe('closed');
  const later = renderHook(() => useChannel('chat'), {
    wrapper: ({ children }) => <LanesProvider connection={connection}>{children}</LanesProvider>,
  });
  expect(later.result.current.error?.code).toBe('closed');
});

test('the connection is as good as its worst channel', async () => {
  const { result, rerender } = await useIt(
    ({ room }) => {
      useChannel('one');
      useChannel(room);
      return useConnectionStatus();
    },
    { room: 'two' },
    2,
  );
  expect(result.current.status).toBe('live');
  rerender({ room: 'three' });
  expect(result.current.status).toBe('connecting');
  await until(() => result.current.status === 'live');
  await act(async () => lanes.disconnect());
  await until(() => result.current.status === 'waiting');
  expect(result.current.error?.code).toBe('network');
  await act(async () => lanes.reconnect());
  await until(() => result.current.status === 'live');
});

/** React 18 has none. */
const { Activity } = React as { readonly Activity?: (props: { mode: 'hidden' | 'visible'; children: React.ReactNode }) => React.ReactNode };

test.skipIf(Activity === undefined)('what React hides has no stream, and resumes when it is shown again', async () => {
  const tree = (mode: 'hidden' | 'visible') =>
    Activity && (
      <Activity mode={mode}>
        <Chat room="chat" />
      </Activity>
    );
  const view = await show(tree('visible'));
  await publish('chat', 'before');
  view.rerender(tree('hidden'));
  await untilReaders(0);
  await publish('chat', 'missed');
  view.rerender(tree('visible'));
  await untilReaders(1);
  await publish('chat', 'after');
  expect([...document.querySelectorAll('li')].map(({ textContent }) => textContent)).toEqual(['before', 'missed', 'after']);
});

test('another connection takes over', async () => {
  const other = lanes.connect();
  const subscribe = vi.spyOn(other, 'subscribe');
  const tree = (given: typeof connection) => (
    <LanesProvider connection={given}>
      <Chat room="chat" />
    </LanesProvider>
  );
  const view = render(tree(connection));
  await untilReaders(1);
  view.rerender(tree(other));
  await until(() => subscribe.mock.calls.length === 1 && lanes.readers() === 1);
  await publish('chat', 'over the other');
  expect(items()).toEqual(['over the other']);
});

test('without a provider it says so', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(() => renderHook(() => useConnection())).toThrow('there is no LanesProvider above this component');
});
