/**
 * Who a client is where nobody asks, as in a bench without an issuer. It stands for everybody, so nothing is counted against
 * it: a limit that all clients share could be used up by one of them. No token can claim to be it: its subject is never empty.
 */
export const ANONYMOUS = '';
