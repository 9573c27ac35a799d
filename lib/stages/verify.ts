import { parseStage } from '../stage.ts';
import { dev } from './dev.ts';

/** What `npm run verify:deploy` deploys into an emulator: the stage of development under a name of its own. */
export const verify = parseStage({ ...dev, id: 'verify' }, 'lib/stages/verify.ts');
