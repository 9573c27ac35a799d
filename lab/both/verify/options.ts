import type { Log } from '../../../packages/assembly-local/log.ts';

export interface VerifyOptions {
  /** The stage to deploy. */
  readonly stage: string;
  /** URL of an emulator that runs already. @default a MiniStack that is started for this, and ended */
  readonly endpoint?: string | undefined;
  /** PEM file of the authority that signed the certificate of `endpoint`. */
  readonly ca?: string | undefined;
  /** Types of resources that `endpoint` does not take, besides those that MiniStack does not. */
  readonly leaveOut: readonly string[];
  /** Builds the container image, and runs the SSE tasks in containers of it, instead of as processes. */
  readonly containers: boolean;
  readonly log: Log;
  /** Gets the result, line by line. */
  readonly print: (line: string) => void;
  /** Ends the verification early. */
  readonly signal: AbortSignal;
}

/** Runs when the verification ends, in the reverse order, however it ends. */
export type Defer = (closer: () => Promise<void>) => void;
