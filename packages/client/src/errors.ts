/**
 * What went wrong, by `code`: the server's own code if it sent one, otherwise one of the client's, which the
 * README lists.
 */
export class LanesError extends Error {
  override readonly name = 'LanesError';
  readonly code: string;
  /** HTTP status of the response, or a WebSocket close code minus 4000. */
  readonly status: number | undefined;
  /** The server asks to wait this long. */
  readonly retryAfterMs: number | undefined;
  /** A retry cannot succeed. */
  readonly final: boolean;
  /** Whose request was refused, if the server has said so. */
  readonly channel: string | undefined;

  /** @param detail the server's own message, if it sent one */
  constructor(
    code: string,
    detail: string,
    { status, retryAfterMs, final = isFinalStatus(status), channel, cause }: LanesErrorContext = {},
  ) {
    super(detail, { cause });
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.final = final;
    this.channel = channel;
  }
}

export interface LanesErrorContext {
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  /** @default decided by the status */
  readonly final?: boolean | undefined;
  readonly channel?: string | undefined;
  readonly cause?: unknown;
}

/** By it a server tells a client to stop asking: an `EventSource` does not reconnect either. */
export const NO_CONTENT = 204;

/** After a 4xx the same request would fail again, except after these three, which mean to retry later. */
function isFinalStatus(status = 0): boolean {
  return status === NO_CONTENT || (status >= 400 && status < 500 && ![408, 425, 429].includes(status));
}

/**
 * Converts whatever was thrown to an error with a code. Anything but a `LanesError` came from `fetch` or the
 * network.
 */
export function toLanesError(thrown: unknown): LanesError {
  if (thrown instanceof LanesError) return thrown;
  return new LanesError('network', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
