/**
 * Returns a function that runs the work before the event loop's next turn: once, however often it is called
 * until then.
 */
export function oncePerTurn(work: () => void): () => void {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      work();
    });
  };
}
