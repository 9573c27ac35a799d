import type { Connection } from '@realtime-lanes/client';
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useMemo } from 'react';
import { ConnectionBoard } from './connection-board.ts';

/** What a provider gives to the hooks below it. */
export interface Lanes {
  readonly connection: Connection;
  readonly board: ConnectionBoard;
}

const LanesContext = createContext<Lanes | undefined>(undefined);

export interface LanesProviderProps {
  /** Made by `connect`, which sends nothing by itself. The application closes it, if it ever must. */
  readonly connection: Connection;
  readonly children?: ReactNode;
}

/** Gives a connection to the hooks below it. When the connection changes, they move to the new one. */
export function LanesProvider({ connection, children }: LanesProviderProps): ReactElement {
  const lanes = useMemo(() => ({ connection, board: new ConnectionBoard() }), [connection]);
  return createElement(LanesContext.Provider, { value: lanes }, children);
}

/** @throws Error if there is no provider */
export function useLanes(): Lanes {
  const lanes = useContext(LanesContext);
  if (lanes === undefined) throw new Error('there is no LanesProvider above this component: wrap the application in one');
  return lanes;
}

/**
 * The connection of the nearest provider.
 * @throws Error if there is no provider
 */
export function useConnection(): Connection {
  return useLanes().connection;
}
