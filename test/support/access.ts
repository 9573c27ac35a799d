import type { Access } from '../../backbone/domain/access.ts';
import { ANONYMOUS } from '../../backbone/domain/principal.ts';

/** Whoever comes, where a test is not about access: allowed everything, for ever, and without limits of their own. */
export const EVERYBODY: Access = {
  principal: ANONYMOUS,
  rights: { subscribe: ['*'], publish: ['*'] },
  expiresAtMs: Number.POSITIVE_INFINITY,
};

/** What a server that asks nobody for a token is started with. */
export const openToAll = { verifier: { verify: () => EVERYBODY }, authenticate: () => EVERYBODY, origins: [] };
