/** What went wrong, by `code`: the server's own code where it sent one, or one of the client's, which the README lists. */
export class LanesError extends Error {
  override readonly name = 'LanesError';
  readonly code: string;
  /** HTTP status of the answer, or the WebSocket close code less 4000. */
  readonly status: number | undefined;
  /** The server asks to wait this long. */
  readonly retryAfterMs: number | undefined;
  /** Trying again cannot help. */
  readonly final: boolean;

  /** @param detail the server's own words where it sent any */
  constructor(code: string, detail: string, more: { status?: number; retryAfterMs?: number; final?: boolean; cause?: unknown } = {}) {
    super(detail, more);
    this.code = code;
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
    this.final = more.final ?? isFinalStatus(more.status);
  }
}

/** 4xx says that the request is at fault, and the same request will be again; these four say: later. */
function isFinalStatus(status = 0): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

/** Whatever was thrown, as an error with a code; what is not ours came from the network or from `fetch`. */
export function toLanesError(thrown: unknown): LanesError {
  return thrown instanceof LanesError ? thrown : new LanesError('network', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
