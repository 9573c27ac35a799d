import { CommandError } from './program.ts';

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
const UNAVAILABLE = 69;

/** What npm says if it cannot reach its registry. */
const NO_ANSWER = /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT)\b/;

/** For `npm ci` and `npm install`: no script of a package runs, and nothing is asked that the install does not need. */
export const INSTALL_FLAGS: readonly string[] = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];

/**
 * Does work that installs packages from an npm registry.
 * @returns 69 (EX_UNAVAILABLE), and says why, if there is no registry to be had; otherwise undefined
 */
export async function withRegistry(work: () => Promise<void>): Promise<number | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError) || !NO_ANSWER.test(error.said)) throw error;
    console.error(`The npm registry did not answer: ${error.message}`);
    return UNAVAILABLE;
  }
}
