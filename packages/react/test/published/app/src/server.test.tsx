// @vitest-environment node
import { createTestLanes } from '@realtime-lanes/client/testing';
import { LanesProvider } from '@realtime-lanes/react';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { Chat } from './chat.tsx';

test('a server renders the beginning, and sends nothing', () => {
  const lanes = createTestLanes();
  const connection = lanes.connect();
  const subscribe = vi.spyOn(connection, 'subscribe');
  const fetched = vi.spyOn(globalThis, 'fetch');
  const html = renderToString(
    <StrictMode>
      <LanesProvider connection={connection}>
        <Chat room="chat" />
      </LanesProvider>
    </StrictMode>,
  );
  expect(html).toContain('<p role="status">connecting</p><p title="Present"></p><ol></ol>');
  expect([subscribe.mock.calls, fetched.mock.calls, lanes.readers()]).toEqual([[], [], 0]);
});
