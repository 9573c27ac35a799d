import type { IncomingMessage } from 'node:http';
import { ANONYMOUS } from '../../backbone/domain/principal.ts';

/** Who asks: whom streams are counted against. */
export type PrincipalOf = (request: IncomingMessage) => string;

/** Without access control everybody is the same. */
export const anonymousPrincipal: PrincipalOf = () => ANONYMOUS;
