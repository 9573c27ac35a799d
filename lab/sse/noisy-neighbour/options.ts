import { Option } from 'commander';
import { wholeNumber } from '../../../command-line/values.ts';

/** Hostile users where the command line does not say. */
const USERS: readonly number[] = [1, 200];

/** `--users <n...>` */
export const usersOption = (): Option =>
  new Option('--users <n...>', 'hostile users').default(USERS, USERS.join(' ')).argParser(severalUsers);

/** `--seconds <s>` */
export const secondsOption = (): Option =>
  new Option('--seconds <s>', 'length of each of the two periods: without offenders, and beside them')
    .default(20)
    .argParser(wholeNumber(1, 3_600));

/** Commander hands on the default at the first of several values. */
function severalUsers(text: string, before: readonly number[]): readonly number[] {
  return [...(before === USERS ? [] : before), wholeNumber(1, 200)(text)];
}
