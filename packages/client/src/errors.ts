/** What went wrong, by `code`: the server's own code where it sent one, or one of the client's, which the README lists. */
export class LanesError extends Error {
  override readonly name = 'LanesError';
  readonly code: string;
  /** HTTP status of the answer, or a WebSocket close code less 4000. */
  readonly status: number | undefined;
  /** The server asks to wait this long. */
  readonly retryAfterMs: number | undefined;
  /** A retry cannot succeed. */
  readonly final: boolean;

  /** @param detail the server's own words where it sent any */
  constructor(code: string, detail: string, { status, retryAfterMs, final = isFinalStatus(status), cause }: LanesErrorContext = {}) {
    super(detail, { cause });
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.final = final;
  }
}

export interface LanesErrorContext {
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  /** @default by the status */
  readonly final?: boolean | undefined;
  readonly cause?: unknown;
}

/** After a 4xx the same request would fail again, except after these three, which say to retry later. */
function isFinalStatus(status = 0): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

/** Whatever was thrown, as an error with a code: what is no `LanesError` came from `fetch` or the network. */
export function toLanesError(thrown: unknown): LanesError {
  if (thrown instanceof LanesError) return thrown;
  return new LanesError('network', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
