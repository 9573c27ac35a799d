import { useChannel, usePublish } from '@realtime-lanes/react';
import { act, fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { Chat } from './chat.tsx';
import { connection, items, lanes, publish, show, until, untilReaders, useIt } from './setup.tsx';

function send(text: string): void {
  const input = screen.getByLabelText('Text');
  fireEvent.change(input, { target: { value: text } });
  fireEvent.submit(input.closest('form') ?? input);
}

/** The most often that a text was in the list at any render, and whether it ever left it. */
function watch(text: string) {
  const seen: number[] = [];
  const note = () => seen.push(items().filter((item) => item.startsWith(text)).length);
  const observer = new MutationObserver(note);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  return seen;
}

test('what is sent is shown at once, and never twice or not at all', async () => {
  await show(<Chat room="chat" />);
  const counts = watch('hello');
  send('hello');
  expect(items()).toEqual(['hello']);
  await until(() => lanes.events('chat').length === 1);
  await publish('chat', 'from somebody else');
  expect(items()).toEqual(['hello', 'from somebody else']);
  expect(new Set(counts)).toEqual(new Set([1]));
});

test('the same text twice is two events', async () => {
  await show(<Chat room="chat" />);
  send('hello');
  send('hello');
  expect(items()).toEqual(['hello', 'hello']);
  await until(() => lanes.events('chat').length === 2);
  await publish('chat', 'end');
  expect(items()).toEqual(['hello', 'hello', 'end']);
});

test('the same text of somebody else before does not hide it', async () => {
  await show(<Chat room="chat" />);
  await publish('chat', 'hello');
  lanes.failPublishes('forbidden');
  send('hello');
  expect(items()).toEqual(['hello', 'hello']);
});

test('what was refused stays with its error, and is sent again under the same key', async () => {
  const keys = vi.spyOn(connection, 'publish');
  await show(<Chat room="chat" />);
  lanes.failPublishes('too_many_publications');
  send('hello');
  const again = await screen.findByRole('button', { name: 'Send again' });
  expect(items()).toEqual(['helloSend again']);
  lanes.failPublishes(undefined);
  fireEvent.click(again);
  expect(items()).toEqual(['hello']);
  await until(() => lanes.events('chat').length === 1);
  await publish('chat', 'end');
  expect(items()).toEqual(['hello', 'end']);
  expect(new Set(keys.mock.calls.map(([, { key }]) => key)).size).toBe(1);
});

test('a refusal rejects with its code, and can be dismissed', async () => {
  const { result } = await useIt(() => usePublish('chat'), {}, 0);
  lanes.failPublishes('forbidden');
  await act(() => expect(result.current.publish({ type: 'note', data: 'hello' })).rejects.toMatchObject({ code: 'forbidden' }));
  expect(result.current.pending).toMatchObject([{ type: 'note', data: 'hello', error: { code: 'forbidden' } }]);
  act(() => result.current.dismiss(result.current.pending[0]?.key ?? ''));
  expect(result.current.pending).toEqual([]);
});

test('without a feed it is pending until it is acknowledged', async () => {
  const { result } = await useIt(() => usePublish('chat'), {}, 0);
  let published: Promise<{ readonly id: string }> | undefined;
  act(() => {
    published = result.current.publish({ data: 'hello' });
  });
  expect(result.current.pending).toMatchObject([{ type: 'message', data: 'hello' }]);
  await act(async () => expect((await published)?.id).toBe(lanes.events('chat')[0]?.id));
  expect(result.current.pending).toEqual([]);
});

test('what was acknowledged while the feed was cut is shown until its event has come', async () => {
  const { result } = await useIt(() => {
    const { events } = useChannel('chat');
    return { events, ...usePublish('chat', events) };
  }, {});
  let resolve = (_: { channel: string; id: string }) => {};
  const promise = new Promise<{ channel: string; id: string }>((settle) => {
    resolve = settle;
  });
  vi.spyOn(connection, 'publish').mockReturnValue(promise);
  await publish('chat', 'before');
  act(() => void result.current.publish({ data: 'mine' }));
  const epoch = result.current.events[0]?.id.split('.')[0];
  await act(async () => resolve({ channel: 'chat', id: `${epoch}.3` }));
  await publish('chat', 'second');
  expect(result.current.pending).toMatchObject([{ data: 'mine' }]);
  await publish('chat', 'mine');
  expect(result.current.pending).toEqual([]);
});

test('on an ephemeral channel it is pending until its event or the acknowledgement has come', async () => {
  const { result } = await useIt(() => {
    const { events } = useChannel('typing.ann');
    return { events, ...usePublish('typing.ann', events) };
  }, {});
  await act(() => result.current.publish({ data: 'hello' }));
  await publish('typing.ann', 'end');
  expect([...result.current.events, ...result.current.pending].map(({ data }) => data)).toEqual(['hello', 'end']);
});

test('what is under way in one channel is not shown in another', async () => {
  const { result, rerender } = await useIt(({ room }) => usePublish(room), { room: 'one' }, 0);
  lanes.failPublishes('forbidden');
  await act(() => result.current.publish({ data: 'hello' }).catch(() => {}));
  rerender({ room: 'two' });
  expect(result.current.pending).toEqual([]);
  await untilReaders(0);
});
