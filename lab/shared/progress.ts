/** Where standard error is no terminal, progress is a line now and then. */
const PLAIN_EVERY_MS = 10_000;

export interface Progress {
  /** Replaces the line shown. */
  readonly show: (text: string) => void;
  /** Leaves the last line as it is and begins a new one. */
  readonly end: () => void;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A live line on standard error. */
export function createProgress(output: Terminal = process.stderr): Progress {
  if (output.isTTY) {
    return {
      show: (text) => output.write(`\r\x1b[K${text.slice(0, (output.columns ?? 80) - 1)}`),
      end: () => output.write('\n'),
    };
  }
  let nextMs = 0;
  return {
    show: (text) => {
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + PLAIN_EVERY_MS;
      output.write(`${text}\n`);
    },
    end: () => undefined,
  };
}
