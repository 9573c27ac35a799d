/** Does the work at the first call; later calls return the same result. */
export function once<Result>(work: () => Result): () => Result {
  let isDone = false;
  let result: Result;
  return () => {
    if (!isDone) {
      isDone = true;
      result = work();
    }
    return result;
  };
}
