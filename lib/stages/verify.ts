import { parseStage } from '../stage.ts';
import { dev } from './dev.ts';

/** What `npm run verify:deploy` deploys into an emulator: the `dev` stage under its own name. */
export const verify = parseStage({ ...dev, id: 'verify' }, 'lib/stages/verify.ts');
