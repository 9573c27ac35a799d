/**
 * Does work for every item, for at most `width` of them at a time and beginning in their order, and returns the results in
 * the order of the items. Rejects with the first failure once no work is under way any more; no work begins after it.
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const waiting = items[Symbol.iterator]();
  let begun = 0;
  const worker = async () => {
    for (let next = waiting.next(); !next.done && failures.length === 0; next = waiting.next()) {
      const index = begun++;
      try {
        results[index] = await work(next.value, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
