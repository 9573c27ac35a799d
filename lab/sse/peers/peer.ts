/** A server of the comparison, which listens. */
export interface RunningPeer {
  /** Every process that does its work. */
  readonly pids: readonly number[];
  readonly port: number;
  readonly publishPort: number;
  /** What a stream requests. */
  readonly subscribePath: string;
  /** Ends its processes. */
  stop(): Promise<void>;
}

/** A server that can be compared. */
export interface Peer {
  /** For `--only`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly protocol: 'sse' | 'websocket';
  readonly publishPath: string;
  /** Why it cannot run on this machine and what to install; undefined where it can. */
  readonly missing: () => Promise<string | undefined>;
  /** @throws when it does not listen in time, with what it wrote */
  readonly start: () => Promise<RunningPeer>;
}
