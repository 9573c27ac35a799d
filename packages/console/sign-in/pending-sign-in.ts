import { fieldsOf } from '../fields.ts';
import type { Challenge } from './issuer.ts';

/** A sign-in that waits for the issuer to send the user back. */
export interface PendingSignIn extends Challenge {
  /** The page's own query. */
  readonly search: string;
}

const KEY = 'lanes.sign-in';

/**
 * Parameters that an issuer may add when it sends the user back (RFC 6749, RFC 9207, OpenID Connect Session
 * Management).
 */
const ANSWER_PARAMETERS = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss', 'session_state'];

/** Stored per tab, so that two tabs do not use each other's responses. */
export function savePendingSignIn(pending: PendingSignIn): void {
  sessionStorage.setItem(KEY, JSON.stringify(pending));
}

/** Valid for one return. */
export function takePendingSignIn(): PendingSignIn | undefined {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const { state, verifier, search } = fieldsOf(text === null ? undefined : JSON.parse(text));
  if (typeof state !== 'string' || typeof verifier !== 'string' || typeof search !== 'string') return undefined;
  return { state, verifier, search };
}

/** Whether an issuer opened the page to send its user back. */
export function isAnswer(query: URLSearchParams): boolean {
  return query.has('code') || query.has('error');
}

/** The query without the issuer's parameters. */
export function withoutAnswer(query: URLSearchParams): string {
  const own = new URLSearchParams(query);
  for (const name of ANSWER_PARAMETERS) own.delete(name);
  return own.size === 0 ? '' : `?${own}`;
}
