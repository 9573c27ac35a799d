import { useSyncExternalStore } from 'react';
import { type ConnectionState, IDLE } from './connection-board.ts';
import { useLanes } from './provider.ts';

/** The status of all channels that the hooks below the provider follow, and `retryNow` for a button 'Try again'. */
export function useConnectionStatus(): ConnectionState & { readonly retryNow: () => void } {
  const { connection, board } = useLanes();
  const state = useSyncExternalStore(board.state.subscribe, board.state.get, () => IDLE);
  return { ...state, retryNow: () => connection.retryNow() };
}
