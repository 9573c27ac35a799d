/** When a member was there, as its own client saw it. */
export class Attendance {
  readonly #changes: { readonly atMs: number; readonly isHere: boolean | undefined }[] = [];

  /** @param isHere undefined while it connects: the service may count it before its client knows */
  note(isHere: boolean | undefined, atMs: number): void {
    this.#changes.push({ atMs, isHere });
  }

  /** Whether it was there all the time between two times, or away all the time; undefined if it came or went. */
  throughout(fromMs: number, toMs: number): boolean | undefined {
    const before = this.#stateAt(fromMs);
    const isSame = this.#changes.every(({ atMs, isHere }) => atMs <= fromMs || atMs > toMs || isHere === before);
    return isSame ? before : undefined;
  }

  #stateAt(atMs: number): boolean | undefined {
    const last = this.#changes.findLast((change) => change.atMs <= atMs);
    return last === undefined ? false : last.isHere;
  }
}

/** An answer to who is present. */
export interface Look {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  readonly members: ReadonlySet<string>;
}

/**
 * What is wrong in an answer: who was there, or away, for so long before the question that it has to show.
 * @param settledMs how long a change may take to show
 */
export function judgeLook(attendances: ReadonlyMap<string, Attendance>, look: Look, settledMs: number): readonly string[] {
  const { askedAtMs, answeredAtMs, members } = look;
  const at = new Date(askedAtMs).toISOString().slice(11, 23);
  const wrong = [...attendances].flatMap(([member, attendance]) => {
    const wasHere = attendance.throughout(askedAtMs - settledMs, answeredAtMs);
    if (wasHere === undefined || wasHere === members.has(member)) return [];
    return [`${at}: ${member} was ${wasHere ? 'there' : 'away'} for ${settledMs / 1_000} s, and is ${wasHere ? 'not listed' : 'listed'}`];
  });
  const strangers = [...members].filter((member) => !attendances.has(member));
  return [...wrong, ...strangers.map((member) => `${at}: ${member} is listed, and never was there`)];
}
