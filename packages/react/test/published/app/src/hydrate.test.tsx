import { act, render } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { Chat } from './chat.tsx';
import { items, publish, Strict, untilReaders } from './setup.tsx';

test('a page that a server has rendered is taken over without a difference', async () => {
  const errors = vi.spyOn(console, 'error');
  const tree = (
    <Strict>
      <Chat room="chat" />
    </Strict>
  );
  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = renderToString(tree);
  await act(async () => render(tree, { container, hydrate: true }));
  await untilReaders(1);
  await publish('chat', 'after');
  expect(items()).toEqual(['after']);
  expect(errors).not.toHaveBeenCalled();
});
