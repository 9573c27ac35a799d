/** The readers of a feed of any kind. */
interface Readers {
  add(reader: NextFlush): unknown;
  delete(reader: NextFlush): unknown;
}

interface NextFlush {
  flush(): void;
  evicted(): void;
}

/**
 * Resolves when the readers of a feed are served the next time; rejects with the signal's reason.
 * @param signal aborts at the latest when the feed is closed
 */
export function nextFlush(readers: Readers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      readers.delete(reader);
      signal.removeEventListener('abort', abort);
    };
    const abort = () => {
      end();
      reject(signal.reason);
    };
    const reader: NextFlush = {
      flush: () => {
        end();
        resolve();
      },
      // The feed was closed before, and the signal has aborted with that.
      evicted: () => {},
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', abort);
    readers.add(reader);
  });
}
