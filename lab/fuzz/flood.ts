export interface FloodOptions {
  /** In each wave. */
  readonly connections: number;
  readonly waves: number;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface FloodReport {
  readonly connections: number;
  /** Time until the service had closed all of them, in seconds. */
  readonly closedAfterSeconds: number;
  /** In use by the service after the first and after the last wave, once garbage is collected, in MB. */
  readonly memoryMb: { readonly first: number; readonly last: number };
}

/** Sends waves of requests that never end. Rejects with a Breach where the service does not close them, or keeps their memory. */
export type Flood = (options: FloodOptions) => Promise<FloodReport>;
