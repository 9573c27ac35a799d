/**
 * The principal of clients that need no token, as in a bench without an issuer. All of them share it, so no
 * limit applies to it: one client could use up the limit of all. No token can claim it, because a token's
 * subject is never empty.
 */
export const ANONYMOUS = '';
