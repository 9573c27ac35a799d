import type { Connection } from '@realtime-lanes/client';
import { createTestLanes, type TestLanes } from '@realtime-lanes/client/testing';
import { LanesProvider } from '@realtime-lanes/react';
import { act, cleanup, render, renderHook, screen, waitFor } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { afterEach, beforeEach } from 'vitest';

export let lanes: TestLanes;
export let connection: Connection;

beforeEach(() => {
  lanes = createTestLanes({
    channels: [
      { match: 'typing.*', kind: 'ephemeral' },
      { match: 'latest.*', kind: 'latest' },
    ],
  });
  connection = lanes.connect({ reconnectMinMs: 1, reconnectMaxMs: 1 });
});

afterEach(() => {
  cleanup();
  lanes.close();
});

export function Strict({ children }: { readonly children: ReactNode }) {
  return (
    <StrictMode>
      <LanesProvider connection={connection}>{children}</LanesProvider>
    </StrictMode>
  );
}

/** Renders in StrictMode, and waits until that many streams and polls are open. */
export async function show(children: ReactNode, readers = 1): Promise<ReturnType<typeof render>> {
  const view = render(children, { wrapper: Strict });
  await untilReaders(readers);
  return view;
}

export async function useIt<T, P>(hook: (props: P) => T, initialProps: P, readers = 1) {
  const view = renderHook(hook, { wrapper: Strict, initialProps });
  await untilReaders(readers);
  return view;
}

/** Waits outside `act`, within which React 18 renders nothing. */
export async function until(holds: () => boolean): Promise<void> {
  await waitFor(() => {
    if (!holds()) throw new Error(`not in time: ${holds}`);
  });
}

export async function untilReaders(count: number): Promise<void> {
  await until(() => lanes.readers() === count);
}

export function publish(channel: string, ...data: readonly string[]): Promise<void> {
  return act(async () => {
    for (const text of data) await lanes.publish(channel, { data: text });
  });
}

/** The texts of the list. */
export function items(): string[] {
  return screen.queryAllByRole('listitem').map(({ textContent }) => textContent.trim());
}
