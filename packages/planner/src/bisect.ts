/** The value between two others at which something changes, so many halvings of a log scale closer from both sides. */
export function bisect(
  [low, high]: readonly [low: number, high: number],
  halvings: number,
  isBeyond: (value: number) => boolean,
): readonly [before: number, beyond: number] {
  let [before, beyond] = [low, high];
  for (let halving = 0; halving < halvings; halving++) {
    const middle = Math.sqrt(before * beyond);
    if (isBeyond(middle)) beyond = middle;
    else before = middle;
  }
  return [before, beyond];
}
