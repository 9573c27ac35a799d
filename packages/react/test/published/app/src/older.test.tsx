import { type ChannelEvent, LanesError } from '@realtime-lanes/client';
import { useChannel } from '@realtime-lanes/react';
import { act, renderHook } from '@testing-library/react';
import * as React from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { connection, lanes, publish, Strict, show, until, untilReaders, useIt } from './setup.tsx';

const NAMES = Array.from({ length: 9 }, (_, index) => `${index + 1}`);

beforeEach(() => publish('chat', ...NAMES));

const texts = ({ events }: ReturnType<typeof useChannel>) => events.map(({ data }) => data).join(' ');

const logged = () => lanes.events('chat').map((event): ChannelEvent => ({ kind: 'event', ...event }));

/** Waits until the channel is live. */
async function useLive(hook: () => ReturnType<typeof useChannel>) {
  const view = await useIt(hook, {});
  await until(() => view.result.current.status === 'live');
  return view;
}

type Followed = Awaited<ReturnType<typeof useLive>>['result'];

async function loadOlder(result: Followed): Promise<void> {
  await act(async () => result.current.loadOlder());
  await until(() => !result.current.isLoadingOlder);
}

/** Holds each request for a page back until it is let go, or fails. */
function holdPages() {
  const waiting: { readonly letGo: () => void; readonly fail: (error: Error) => void }[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const { history } = connection;
  const held = vi.spyOn(connection, 'history').mockImplementation(async function* (channel, options) {
    signals.push(options?.signal);
    await new Promise<void>((resolve, reject) => {
      waiting.push({ letGo: resolve, fail: reject });
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    });
    yield* history.call(connection, channel, options);
  });
  return { held, waiting, signals };
}

test('it begins with the last events, and loads older ones page by page, to the beginning', async () => {
  const { result } = await useLive(() => useChannel('chat', { last: 2 }));
  const { loadOlder: first } = result.current;
  expect([texts(result.current), result.current.hasOlder]).toEqual(['8 9', true]);
  await loadOlder(result);
  expect(texts(result.current)).toBe('6 7 8 9');
  await publish('chat', '10');
  for (const _ of [1, 2, 3]) await loadOlder(result);
  expect([texts(result.current), result.current.hasOlder]).toEqual(['1 2 3 4 5 6 7 8 9 10', true]);
  await loadOlder(result);
  expect([texts(result.current), result.current.hasOlder]).toEqual(['1 2 3 4 5 6 7 8 9 10', false]);
  expect(result.current.loadOlder).toBe(first);
});

test('it loads what came before a component that began live', async () => {
  const { result } = await useLive(() => useChannel('chat'));
  await loadOlder(result);
  await publish('chat', '10');
  expect(texts(result.current)).toBe('1 2 3 4 5 6 7 8 9 10');
});

test('it may be called before the channel is live', async () => {
  // Answered before the stream has begun.
  vi.spyOn(connection, 'history').mockImplementation(async function* () {
    yield logged();
  });
  const { result } = renderHook(() => useChannel('chat'), { wrapper: Strict });
  expect(result.current.status).toBe('connecting');
  await loadOlder(result);
  expect(texts(result.current)).toBe('1 2 3 4 5 6 7 8 9');
});

test('what comes by itself while the page is read is there once', async () => {
  const { waiting } = holdPages();
  const { result } = await useLive(() => useChannel('chat'));
  await act(async () => result.current.loadOlder());
  await until(() => waiting.length === 1);
  await publish('chat', '10');
  await act(async () => waiting[0]?.letGo());
  await until(() => !result.current.isLoadingOlder);
  expect(texts(result.current)).toBe('1 2 3 4 5 6 7 8 9 10');
});

test('what has been read before it comes by itself is there once', async () => {
  const known = logged();
  const ahead = known.slice(-1).map((event) => ({ ...event, id: event.id.replace(/9$/, '10'), data: '10' }));
  vi.spyOn(connection, 'history').mockImplementation(async function* () {
    yield [...known, ...ahead];
  });
  const { result } = await useLive(() => useChannel('chat'));
  await loadOlder(result);
  await publish('chat', '10');
  expect(texts(result.current)).toBe('1 2 3 4 5 6 7 8 9 10');
});

test('limit bounds what is loaded, and what is newest stays', async () => {
  const { result } = await useLive(() => useChannel('chat', { last: 3, limit: 5 }));
  await loadOlder(result);
  expect([texts(result.current), result.current.hasOlder]).toEqual(['5 6 7 8 9', false]);
  await publish('chat', '10');
  await loadOlder(result);
  expect(texts(result.current)).toBe('6 7 8 9 10');
});

test('events that fill the list while a page is read leave no hole in it', async () => {
  const { waiting } = holdPages();
  const { result } = await useLive(() => useChannel('chat', { last: 2, limit: 4 }));
  await act(async () => result.current.loadOlder());
  await until(() => waiting.length === 1);
  await publish('chat', '10', '11', '12');
  await act(async () => waiting[0]?.letGo());
  await until(() => !result.current.isLoadingOlder);
  expect(texts(result.current)).toBe('9 10 11 12');
});

test('one page is read at a time', async () => {
  const { held, waiting } = holdPages();
  const { result } = await useLive(() => useChannel('chat', { last: 2 }));
  await act(async () => {
    result.current.loadOlder();
    result.current.loadOlder();
  });
  await until(() => waiting.length === 1);
  await act(async () => result.current.loadOlder());
  expect([held.mock.calls.length, result.current.isLoadingOlder]).toEqual([1, true]);
  await act(async () => waiting[0]?.letGo());
  await until(() => !result.current.isLoadingOlder);
  expect(texts(result.current)).toBe('6 7 8 9');
});

test('an error is state, until it is tried again', async () => {
  const { waiting } = holdPages();
  const { result } = await useLive(() => useChannel('chat', { last: 2 }));
  await act(async () => result.current.loadOlder());
  await until(() => waiting.length === 1);
  await act(async () => waiting[0]?.fail(new LanesError('forbidden', 'not allowed')));
  await until(() => !result.current.isLoadingOlder);
  expect([result.current.olderError?.code, result.current.hasOlder, result.current.status]).toEqual(['forbidden', true, 'live']);
  await act(async () => result.current.loadOlder());
  expect(result.current.olderError).toBeUndefined();
  await until(() => waiting.length === 2);
  await act(async () => waiting[1]?.letGo());
  await until(() => texts(result.current) === '6 7 8 9');
});

test('unmounting ends it', async () => {
  const { waiting, signals } = holdPages();
  const { result, unmount } = await useLive(() => useChannel('chat', { last: 2 }));
  await act(async () => result.current.loadOlder());
  await until(() => waiting.length === 1);
  unmount();
  await until(() => signals[0]?.aborted === true);
  result.current.loadOlder();
  expect(signals).toHaveLength(1);
});

/** React 18 has none. */
const { Activity } = React as { readonly Activity?: (props: { mode: 'hidden' | 'visible'; children: React.ReactNode }) => React.ReactNode };

function Log() {
  const feed = useChannel('chat', { last: 2 });
  return (
    <button type="button" disabled={feed.isLoadingOlder} onClick={feed.loadOlder}>
      {texts(feed)}
    </button>
  );
}

test.skipIf(Activity === undefined)('what React hides loads nothing, and can when it is shown again', async () => {
  const tree = (mode: 'hidden' | 'visible') =>
    Activity && (
      <Activity mode={mode}>
        <Log />
      </Activity>
    );
  const { waiting, signals } = holdPages();
  const view = await show(tree('visible'));
  const button = view.getByRole('button');
  await until(() => button.textContent === '8 9');
  await act(async () => button.click());
  await until(() => waiting.length === 1);
  view.rerender(tree('hidden'));
  await untilReaders(0);
  expect(signals[0]?.aborted).toBe(true);
  view.rerender(tree('visible'));
  await untilReaders(1);
  await act(async () => button.click());
  await until(() => waiting.length === 2);
  await act(async () => waiting[1]?.letGo());
  await until(() => button.textContent === '6 7 8 9');
});

test('an ephemeral channel has nothing older', async () => {
  const { result } = await useLive(() => useChannel('typing.ann'));
  await until(() => !result.current.hasOlder);
  const history = vi.spyOn(connection, 'history');
  await loadOlder(result);
  expect(history).not.toHaveBeenCalled();
});

test('there is nothing before a reset that has lost the log', async () => {
  const { result } = await useLive(() => useChannel('chat', { last: 2 }));
  await act(() => lanes.reset('chat'));
  await publish('chat', 'anew');
  await loadOlder(result);
  expect([texts(result.current), result.current.hasOlder]).toEqual(['8 9 anew', false]);
});
