/** What one check has found out about the account. */
export interface Finding {
  /** `warning`: the deploy succeeds, or a second try does; `problem`: it fails; `unchecked`: nobody knows. */
  readonly verdict: 'ok' | 'warning' | 'problem' | 'unchecked';
  /** One sentence, with the values. */
  readonly text: string;
  /** Commands that solve it, or a setting to change. */
  readonly fixes?: readonly string[];
}

export const ok = (text: string): Finding => ({ verdict: 'ok', text });

export const warning = (text: string, ...fixes: readonly string[]): Finding => ({ verdict: 'warning', text, fixes });

export const problem = (text: string, ...fixes: readonly string[]): Finding => ({ verdict: 'problem', text, fixes });

/** Something to find out. */
export interface Check {
  /** What it is about, for the case that it cannot be found out. */
  readonly about: string;
  /** Rejects where the account does not answer: the caller may not ask, or there is no such API. */
  run(): Promise<readonly Finding[]>;
}
